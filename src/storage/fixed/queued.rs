//! A request as it lies in the queue.

use super::slots::SlotIndex;
use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{QueuedRequest, Round};

/// A request in the queue, or taken from there.
pub struct FixedQueued<S: MessageSender> {
    id: RequestId,
    queued_at: Instant,
    cycle: u32,
    /// Its ticket's slot, in the first round.
    slot: SlotIndex,
    kind: Kind,
    request: S::Request,
}

/// What is to be done with it. No variant is 0, so `Option<FixedQueued>` uses 0 as its niche, and an empty ring is all zeroes.
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

impl<S: MessageSender> FixedQueued<S> {
    pub(super) const fn first(
        id: RequestId,
        queued_at: Instant,
        slot: SlotIndex,
        request: S::Request,
    ) -> Self {
        Self { id, queued_at, cycle: 0, slot, kind: Kind::First, request }
    }

    pub(super) fn requeued(round: Round<S::Request>) -> Self {
        let Round { id, cycle, queued_at, request } = round;
        Self { id, queued_at, cycle, slot: 0, kind: Kind::Round, request }
    }

    pub(super) const fn unsent(request: S::Request) -> Self {
        let (id, queued_at) = (RequestId::new(0), Instant::NEVER);
        Self { id, queued_at, cycle: 0, slot: 0, kind: Kind::Unsent, request }
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Marks it as cancelled if it is the caller's request `id`. Returns true if it is.
    pub(super) fn cancel(&mut self, id: RequestId) -> bool {
        let found = self.kind == Kind::First && self.id == id;
        if found {
            self.kind = Kind::Cancelled;
        }
        found
    }
}

impl<S: MessageSender> QueuedRequest<S> for FixedQueued<S> {
    type Replier = SlotIndex;

    fn round(&self) -> Round<&S::Request> {
        Round { id: self.id, cycle: self.cycle, queued_at: self.queued_at, request: &self.request }
    }

    fn into_parts(self) -> (S::Request, Option<SlotIndex>) {
        (self.request, (self.kind == Kind::First).then_some(self.slot))
    }
}
