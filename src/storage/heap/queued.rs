//! A request as it lies in a queue on the heap, made small: a million of them may wait.

use alloc::boxed::Box;

use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{QueuedRequest, Round};

/// A request in the queue, with the worker's end `R` of its reply.
pub enum Queued<S: MessageSender, R> {
    /// As most are: a caller's own, and its wait is not measured.
    Plain(RequestId, S::Request, R),
    /// A re-queued round has no reply.
    Other(Box<(Round<S::Request>, Option<R>)>),
}

impl<S: MessageSender, R> Queued<S, R> {
    /// A caller's own request.
    pub(super) fn new(id: RequestId, request: S::Request, queued_at: Instant, replier: R) -> Self {
        if queued_at == Instant::NEVER {
            return Self::Plain(id, request, replier);
        }
        Self::Other(Box::new((Round { id, cycle: 0, queued_at, request }, Some(replier))))
    }

    /// A re-queued round.
    pub(super) fn requeued(round: Round<S::Request>) -> Self {
        Self::Other(Box::new((round, None)))
    }

    pub(super) fn replier(&self) -> Option<&R> {
        match self {
            Self::Plain(.., replier) => Some(replier),
            Self::Other(other) => other.1.as_ref(),
        }
    }
}

impl<S: MessageSender, R> QueuedRequest<S> for Queued<S, R> {
    type Replier = R;

    fn round(&self) -> Round<&S::Request> {
        match self {
            Self::Plain(id, request, _) => Round { id: *id, cycle: 0, queued_at: Instant::NEVER, request },
            Self::Other(other) => {
                let Round { id, cycle, queued_at, ref request } = other.0;
                Round { id, cycle, queued_at, request }
            }
        }
    }

    fn into_parts(self) -> (S::Request, Option<R>) {
        match self {
            Self::Plain(_, request, replier) => (request, Some(replier)),
            Self::Other(other) => (other.0.request, other.1),
        }
    }
}
