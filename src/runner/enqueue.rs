//! A request on its way into the queue.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::SenderRunner;
use crate::error::RequestError;
use crate::runtime::Timer;
use crate::sender::MessageSender;
use crate::storage::{Refused, Storage};
use crate::ticket::Ticket;

/// The future of [`SenderRunner::request`]. Not an `async fn`: that would hold the request twice, and move it more often,
/// and it may be large.
pub(super) struct Enqueue<'a, S: MessageSender, T, Q: Storage<S>> {
    runner: &'a SenderRunner<S, T, Q>,
    /// `None` once it is in the queue or given back.
    request: Option<S::Request>,
    /// The wait for room, once the queue was full.
    room: Option<Q::Room>,
}

type Enqueued<S, Q> = Result<Ticket<S, Q>, RequestError<<S as MessageSender>::Request>>;

impl<'a, S: MessageSender, T: Timer, Q: Storage<S>> Enqueue<'a, S, T, Q> {
    #[inline]
    pub(super) fn new(runner: &'a SenderRunner<S, T, Q>, request: S::Request) -> Self {
        Self { runner, request: Some(request), room: None }
    }
}

/// Nothing in it is pinned.
impl<S: MessageSender, T, Q: Storage<S>> Unpin for Enqueue<'_, S, T, Q> {}

impl<S: MessageSender, T: Timer, Q: Storage<S>> Future for Enqueue<'_, S, T, Q> {
    type Output = Enqueued<S, Q>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // Asked here, before the storage takes a step for it.
        assert!(this.request.is_some(), "the future of a request was polled after it was ready");
        loop {
            if let Some(room) = &mut this.room {
                ready!(this.runner.storage.poll_room(room, cx));
            }
            match this.runner.enqueue(&mut this.request) {
                Ok(ticket) => return Poll::Ready(Ok(ticket)),
                Err(Refused::Full) => _ = this.room.get_or_insert_default(),
                Err(closing) => return Poll::Ready(Err(closing.give_back(&mut this.request))),
            }
        }
    }
}
