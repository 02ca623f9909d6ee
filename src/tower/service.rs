//! A runner's handle as a tower service.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::{error, fmt};

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
    ServiceError<<S as MessageSender>::Request, <S as MessageSender>::Rejection, <S as MessageSender>::Error>;

/// The error of a runner as a tower service.
#[derive(Clone, PartialEq, Eq)]
pub enum ServiceError<Req, R, E> {
    /// `poll_ready` found that the runner is closing. No request was made.
    NotReady,
    /// The request of a call failed.
    Call(CallError<Req, R, E>),
}

impl<Req, R, E> ServiceError<Req, R, E> {
    /// Returns the request if the runner refused it.
    pub fn into_request(self) -> Option<Req> {
        match self {
            Self::NotReady => None,
            Self::Call(error) => error.into_request(),
        }
    }
}

// A request need not be `Debug`; see `RequestError`.
impl<Req, R: fmt::Debug, E: fmt::Debug> fmt::Debug for ServiceError<Req, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("NotReady"),
            Self::Call(error) => f.debug_tuple("Call").field(error).finish(),
        }
    }
}

impl<Req, R: fmt::Display, E: fmt::Display> fmt::Display for ServiceError<Req, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("not ready: the runner is closing and takes no more requests"),
            Self::Call(error) => write!(f, "{error}"),
        }
    }
}

impl<Req, R: fmt::Debug + fmt::Display, E: error::Error + 'static> error::Error for ServiceError<Req, R, E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::NotReady => None,
            Self::Call(error) => error.source(),
        }
    }
}

/// Enqueues each call; see [the module](crate::tower) for the meaning of ready.
impl<S: MessageSender, T: Timer, Q: Queue<S>> Service<S::Request> for SenderRunner<S, T, Heap<S, Q>> {
    type Response = S::Message;
    type Error = Error<S>;
    type Future = CallFuture<S, Heap<S, Q>>;

    /// Waits until the queue has room.
    ///
    /// # Errors
    ///
    /// Fails with [`ServiceError::NotReady`] once the runner is closing.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<S>>> {
        if !self.is_closing() {
            ready!(self.storage.poll_room(&mut self.room, cx));
        }
        Poll::Ready(if self.is_closing() { Err(ServiceError::NotReady) } else { Ok(()) })
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

/// The future of a call of a runner as a service. Dropping it [cancels](Ticket::cancel) the request.
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
            State::Taken(ticket) => {
                ticket.poll_unpin(cx).map_err(|error| ServiceError::Call(CallError::Failed(error)))
            }
            State::Refused(refused) => {
                let refused = refused.take().expect("a call is not polled after it was ready");
                Poll::Ready(Err(ServiceError::Call(CallError::Refused(refused))))
            }
        }
    }
}

impl<S: MessageSender, Q: Storage<S>> fmt::Debug for CallFuture<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}
