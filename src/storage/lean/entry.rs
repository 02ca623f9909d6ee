//! A request as it lies in the queue.

use alloc::boxed::Box;

use super::place::Promise;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Job, Taken};
use crate::strategy::RequestId;

/// A request in the queue.
pub enum Entry<S: MessageSender> {
    /// As most are: a caller's own, and its wait is not measured.
    Plain(RequestId, S::Request, Promise<S>),
    Other(Box<Job<S::Request, Promise<S>>>),
}

impl<S: MessageSender> Entry<S> {
    pub(super) fn new(job: Job<S::Request, Promise<S>>) -> Self {
        match job {
            Job { id, cycle: 0, request, queued_at: Instant::NEVER, reply: Some(promise) } => {
                Self::Plain(id, request, promise)
            }
            job => Self::Other(Box::new(job)),
        }
    }

    /// Whether its ticket took it back.
    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        match self {
            Self::Plain(.., promise) => promise.is_cancelled(),
            Self::Other(job) => job.reply.as_ref().is_some_and(Promise::is_cancelled),
        }
    }
}

impl<S: MessageSender> Taken<S, Promise<S>> for Entry<S> {
    #[inline]
    fn id(&self) -> RequestId {
        match self {
            Self::Plain(id, ..) => *id,
            Self::Other(job) => job.id,
        }
    }

    #[inline]
    fn cycle(&self) -> u32 {
        match self {
            Self::Plain(..) => 0,
            Self::Other(job) => job.cycle,
        }
    }

    #[inline]
    fn queued_at(&self) -> Instant {
        match self {
            Self::Plain(..) => Instant::NEVER,
            Self::Other(job) => job.queued_at,
        }
    }

    #[inline]
    fn request(&self) -> &S::Request {
        match self {
            Self::Plain(_, request, _) => request,
            Self::Other(job) => &job.request,
        }
    }

    #[inline]
    fn into_parts(self) -> (S::Request, Option<Promise<S>>) {
        match self {
            Self::Plain(_, request, promise) => (request, Some(promise)),
            Self::Other(job) => (job.request, job.reply),
        }
    }
}
