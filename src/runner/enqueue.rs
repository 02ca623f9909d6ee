//! The future that enqueues a request.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::SenderRunner;
use crate::error::RequestError;
use crate::runtime::Timer;
use crate::sender::MessageSender;
use crate::storage::{Refused, Storage, Unnamed, take};
use crate::ticket::Ticket;
use crate::trace;

/// The future of [`SenderRunner::request`]: ready with the ticket once the request is in the queue.
///
/// The future has a name, so that generic code can require it to be `Send`; see [`Runner`](crate::runner::Runner). Dropped
/// before it is ready, it has enqueued nothing and drops the request. Kept without being polled, it holds no room.
// Not an `async fn`: that would hold the request twice and move it more often, and a request may be large.
#[must_use = "a request is not enqueued before this is polled"]
pub struct Enqueue<'a, S: MessageSender, T, Q: Storage<S> = Unnamed<S>> {
    runner: &'a SenderRunner<S, T, Q>,
    /// `None` once the request is in the queue or given back.
    request: Option<S::Request>,
    /// The wait for room, once the queue was full.
    room: Option<Q::Wait>,
}

type Enqueued<S, Q> = Result<Ticket<S, Q>, RequestError<<S as MessageSender>::Request>>;

impl<'a, S: MessageSender, T: Timer, Q: Storage<S>> Enqueue<'a, S, T, Q> {
    #[inline]
    pub(super) fn new(runner: &'a SenderRunner<S, T, Q>, request: S::Request) -> Self {
        Self { runner, request: Some(request), room: None }
    }
}

// No field is pinned.
impl<S: MessageSender, T, Q: Storage<S>> Unpin for Enqueue<'_, S, T, Q> {}

impl<S: MessageSender, T: Timer, Q: Storage<S>> Future for Enqueue<'_, S, T, Q> {
    type Output = Enqueued<S, Q>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // Checked first, so that a closing runner costs the storage no step.
        assert!(this.request.is_some(), "the future of a request was polled after it was ready");
        loop {
            if let Some(room) = &mut this.room {
                ready!(this.runner.storage.poll_room(room, cx));
            }
            match this.runner.enqueue(&mut this.request) {
                Ok(ticket) => return Poll::Ready(Ok(ticket)),
                Err(Refused::Full) => _ = this.room.get_or_insert_default(),
                Err(closing) => return Poll::Ready(Err(give_back(closing, &mut this.request))),
            }
        }
    }
}

impl<S: MessageSender, T, Q: Storage<S>> fmt::Debug for Enqueue<'_, S, T, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enqueue").field("waits_for_room", &self.room.is_some()).finish_non_exhaustive()
    }
}

/// Returns the caller's error with the refused request.
pub(crate) fn give_back<Req>(refused: Refused, request: &mut Option<Req>) -> RequestError<Req> {
    let request = take(request);
    let (why, error) = match refused {
        Refused::Full => ("full", RequestError::Full(request)),
        Refused::Closing => ("closing", RequestError::Closing(request)),
    };
    trace::refused(why);
    error
}
