//! A request as the queue holds it.

use super::slots::SlotIndex;
use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{QueuedRequest, Round};

/// A request in the queue, or taken out of it.
pub struct FixedQueued<S: MessageSender> {
    id: RequestId,
    queued_at: Instant,
    cycle: u32,
    /// The slot of its ticket. Only a first round has one.
    slot: SlotIndex,
    kind: Kind,
    request: S::Request,
}

/// The kind of a request. No variant is 0, so `Option<FixedQueued>` uses 0 as its niche: an empty ring is all zeroes.
#[repr(u16)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A caller's request, to be sent.
    First = 1,
    /// A caller's request whose ticket was cancelled.
    Cancelled,
    /// A re-queued round.
    Round,
    /// An unsent request, which waits to be taken back.
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
