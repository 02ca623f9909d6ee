//! A request as it lies in the pool's queue.

use alloc::boxed::Box;

use super::pool::SlotIndex;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Job, Taken};
use crate::strategy::RequestId;

/// A request in the queue; its ticket's slot is where its reply goes.
pub enum Entry<S: MessageSender> {
    /// As most are: a caller's own, and its wait is not measured.
    Plain(SlotIndex, RequestId, S::Request),
    Other(Box<Job<S::Request, SlotIndex>>),
}

impl<S: MessageSender> Entry<S> {
    #[inline]
    pub(super) fn callers(id: RequestId, request: S::Request, queued_at: Instant, slot: SlotIndex) -> Self {
        if queued_at == Instant::NEVER {
            return Self::Plain(slot, id, request);
        }
        Self::other(Job { id, cycle: 0, request, queued_at, reply: Some(slot) })
    }

    #[cold]
    pub(super) fn other(job: Job<S::Request, SlotIndex>) -> Self {
        Self::Other(Box::new(job))
    }

    /// The ticket's slot; a re-queued round has none.
    #[inline]
    pub(super) fn slot(&self) -> Option<SlotIndex> {
        match self {
            Self::Plain(slot, ..) => Some(*slot),
            Self::Other(job) => job.reply,
        }
    }
}

impl<S: MessageSender> Taken<S, SlotIndex> for Entry<S> {
    #[inline]
    fn id(&self) -> RequestId {
        match self {
            Self::Plain(_, id, _) => *id,
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
            Self::Plain(_, _, request) => request,
            Self::Other(job) => &job.request,
        }
    }

    #[inline]
    fn into_parts(self) -> (S::Request, Option<SlotIndex>) {
        match self {
            Self::Plain(slot, _, request) => (request, Some(slot)),
            Self::Other(job) => (job.request, job.reply),
        }
    }
}
