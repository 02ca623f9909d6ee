//! A request as it lies in the queue.

use super::slots::SlotIndex;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Job, Taken};
use crate::strategy::RequestId;

/// A request in the queue, or taken from there.
pub struct FixedJob<S: MessageSender> {
    id: RequestId,
    queued_at: Instant,
    cycle: u32,
    /// Its ticket's slot, in the first round.
    slot: SlotIndex,
    kind: Kind,
    request: S::Request,
}

/// What is to be done with it. There is none with the number zero: that says that a place in the queue is empty. So many
/// other numbers are left that the request's own type seldom has more, in which case that is said there.
#[repr(u16)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A caller's request, to be sent.
    First = 1,
    /// The same, whose ticket was cancelled.
    Cancelled,
    /// A re-queued round.
    Round,
    /// It was not sent, and is to be taken back.
    Unsent,
}

impl<S: MessageSender> FixedJob<S> {
    #[inline]
    pub(super) const fn first(
        id: RequestId,
        queued_at: Instant,
        slot: SlotIndex,
        request: S::Request,
    ) -> Self {
        Self { id, queued_at, cycle: 0, slot, kind: Kind::First, request }
    }

    pub(super) fn round(job: Job<S::Request, SlotIndex>) -> Self {
        let Job { id, cycle, request, queued_at, reply: _ } = job;
        Self { id, queued_at, cycle, slot: 0, kind: Kind::Round, request }
    }

    pub(super) const fn unsent(request: S::Request) -> Self {
        let (id, queued_at) = (RequestId::new(0), Instant::NEVER);
        Self { id, queued_at, cycle: 0, slot: 0, kind: Kind::Unsent, request }
    }

    #[inline]
    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn into_request(self) -> S::Request {
        self.request
    }

    /// Notes that it is cancelled if it is the caller's request `id`. Tells whether it is.
    pub(super) fn cancel(&mut self, id: RequestId) -> bool {
        let found = self.kind == Kind::First && self.id == id;
        if found {
            self.kind = Kind::Cancelled;
        }
        found
    }
}

impl<S: MessageSender> Taken<S, SlotIndex> for FixedJob<S> {
    #[inline]
    fn id(&self) -> RequestId {
        self.id
    }

    #[inline]
    fn cycle(&self) -> u32 {
        self.cycle
    }

    #[inline]
    fn queued_at(&self) -> Instant {
        self.queued_at
    }

    #[inline]
    fn request(&self) -> &S::Request {
        &self.request
    }

    #[inline]
    fn into_parts(self) -> (S::Request, Option<SlotIndex>) {
        (self.request, (self.kind == Kind::First).then_some(self.slot))
    }
}
