//! A request as it lies in a queue, made small: a million of them may wait.

use alloc::boxed::Box;

use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Job, Taken};
use crate::strategy::RequestId;

/// A request in the queue, with the worker's end `R` of its reply.
pub enum Entry<S: MessageSender, R> {
    /// As most are: a caller's own, and its wait is not measured.
    Plain(RequestId, S::Request, R),
    Other(Box<Job<S::Request, R>>),
}

impl<S: MessageSender, R> Entry<S, R> {
    /// A caller's own request.
    #[inline]
    pub(in crate::storage) fn callers(
        id: RequestId,
        request: S::Request,
        queued_at: Instant,
        reply: R,
    ) -> Self {
        if queued_at == Instant::NEVER {
            return Self::Plain(id, request, reply);
        }
        Self::other(Job { id, cycle: 0, request, queued_at, reply: Some(reply) })
    }

    pub(in crate::storage) fn other(job: Job<S::Request, R>) -> Self {
        Self::Other(Box::new(job))
    }

    /// A re-queued round has none.
    pub(in crate::storage) fn reply(&self) -> Option<&R> {
        match self {
            Self::Plain(.., reply) => Some(reply),
            Self::Other(job) => job.reply.as_ref(),
        }
    }
}

impl<S: MessageSender, R> Taken<S, R> for Entry<S, R> {
    fn id(&self) -> RequestId {
        match self {
            Self::Plain(id, ..) => *id,
            Self::Other(job) => job.id,
        }
    }

    fn cycle(&self) -> u32 {
        match self {
            Self::Plain(..) => 0,
            Self::Other(job) => job.cycle,
        }
    }

    fn queued_at(&self) -> Instant {
        match self {
            Self::Plain(..) => Instant::NEVER,
            Self::Other(job) => job.queued_at,
        }
    }

    fn request(&self) -> &S::Request {
        match self {
            Self::Plain(_, request, _) => request,
            Self::Other(job) => &job.request,
        }
    }

    #[inline]
    fn into_parts(self) -> (S::Request, Option<R>) {
        match self {
            Self::Plain(_, request, reply) => (request, Some(reply)),
            Self::Other(job) => (job.request, job.reply),
        }
    }
}
