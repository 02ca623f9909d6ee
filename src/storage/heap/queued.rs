//! A request as it lies in a queue on the heap, made small: a million of them may wait.

use alloc::boxed::Box;

use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::QueuedRequest;

/// A request in the queue, with the worker's end `R` of its reply.
pub enum Queued<S: MessageSender, R> {
    /// As most are: a caller's own, and its wait is not measured.
    Plain(RequestId, S::Request, R),
    Other(Box<Other<S::Request, R>>),
}

pub struct Other<Req, R> {
    id: RequestId,
    cycle: u32,
    request: Req,
    queued_at: Instant,
    replier: Option<R>,
}

impl<S: MessageSender, R> Queued<S, R> {
    /// A caller's own request. Its `queued_at` is [`Instant::NEVER`] if its wait is not measured.
    #[inline]
    pub(super) fn new(id: RequestId, request: S::Request, queued_at: Instant, replier: R) -> Self {
        if queued_at == Instant::NEVER {
            return Self::Plain(id, request, replier);
        }
        Self::Other(Box::new(Other { id, cycle: 0, request, queued_at, replier: Some(replier) }))
    }

    /// A re-queued round.
    pub(super) fn round(id: RequestId, cycle: u32, request: S::Request, queued_at: Instant) -> Self {
        Self::Other(Box::new(Other { id, cycle, request, queued_at, replier: None }))
    }

    /// The worker's end of the reply; a re-queued round has none.
    pub(super) fn replier(&self) -> Option<&R> {
        match self {
            Self::Plain(.., replier) => Some(replier),
            Self::Other(other) => other.replier.as_ref(),
        }
    }
}

impl<S: MessageSender, R> QueuedRequest<S> for Queued<S, R> {
    type Replier = R;

    fn id(&self) -> RequestId {
        match self {
            Self::Plain(id, ..) => *id,
            Self::Other(other) => other.id,
        }
    }

    fn cycle(&self) -> u32 {
        match self {
            Self::Plain(..) => 0,
            Self::Other(other) => other.cycle,
        }
    }

    fn queued_at(&self) -> Instant {
        match self {
            Self::Plain(..) => Instant::NEVER,
            Self::Other(other) => other.queued_at,
        }
    }

    fn request(&self) -> &S::Request {
        match self {
            Self::Plain(_, request, _) => request,
            Self::Other(other) => &other.request,
        }
    }

    #[inline]
    fn into_parts(self) -> (S::Request, Option<R>) {
        match self {
            Self::Plain(_, request, replier) => (request, Some(replier)),
            Self::Other(other) => (other.request, other.replier),
        }
    }
}
