//! A runner's handle as a tower service.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures::future::FutureExt;
use tower_service::Service;

use crate::error::{CallError, RequestError};
use crate::runner::{SenderRunner, give_back};
use crate::runtime::Timer;
use crate::sender::MessageSender;
use crate::storage::heap::Queue;
use crate::storage::{Heap, Storage};
use crate::ticket::Ticket;

type Error<S> =
    CallError<<S as MessageSender>::Request, <S as MessageSender>::Rejection, <S as MessageSender>::Error>;

/// See [the module](crate::tower) for what being ready means.
impl<S: MessageSender, T: Timer, Q: Queue<S>> Service<S::Request> for SenderRunner<S, T, Heap<S, Q>> {
    type Response = S::Message;
    type Error = Error<S>;
    type Future = CallFuture<S, Heap<S, Q>>;

    /// Ready while the queue has room.
    ///
    /// # Errors
    ///
    /// [`CallError::NotReady`] once the runner is closing.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<S>>> {
        if !self.is_closing() {
            ready!(self.storage.poll_room(&mut self.room, cx));
        }
        Poll::Ready(if self.is_closing() { Err(CallError::NotReady) } else { Ok(()) })
    }

    /// Enqueues `request`, in the order of the calls.
    fn call(&mut self, request: S::Request) -> CallFuture<S, Heap<S, Q>> {
        let mut request = Some(request);
        CallFuture(match self.storage.enqueue_beyond_limit(&mut request, self.queued_at()) {
            Ok((id, receiver)) => State::Taken(Ticket::new(id, receiver).cancel_on_drop()),
            Err(refused) => State::Refused(Some(give_back(refused, &mut request))),
        })
    }
}

/// How a call of a runner as a service ends. Dropping it [cancels](Ticket::cancel) the request.
#[must_use = "dropping a call cancels its request"]
pub struct CallFuture<S: MessageSender, Q: Storage<S> = Heap<S>>(State<S, Q>);

enum State<S: MessageSender, Q: Storage<S>> {
    Taken(Ticket<S, Q>),
    Refused(Option<RequestError<S::Request>>),
}

impl<S: MessageSender, Q: Storage<S>> Unpin for CallFuture<S, Q> {}

impl<S: MessageSender, Q: Storage<S>> Future for CallFuture<S, Q> {
    type Output = Result<S::Message, Error<S>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Taken(ticket) => ticket.poll_unpin(cx).map_err(CallError::Failed),
            State::Refused(refused) => {
                let refused = refused.take().expect("a call is not polled after it was ready");
                Poll::Ready(Err(CallError::Refused(refused)))
            }
        }
    }
}

impl<S: MessageSender, Q: Storage<S>> fmt::Debug for CallFuture<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}
