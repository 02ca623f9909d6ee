//! The reply slots: one for each outstanding ticket.

use core::cell::Cell;
use core::task::Waker;

use crate::answer::RequestId;
use crate::sender::MessageSender;
use crate::storage::Reply;

/// The index of a slot: the worker's end of a reply.
pub(super) type SlotIndex = u16;

/// Each field has its own cell, so reading one does not move the others. A slot that was never used is all zeroes.
struct Slot<S: MessageSender> {
    state: Cell<SlotState>,
    /// The distance from the next slot to the next free slot, while this one is free.
    further: Cell<SlotIndex>,
    request: Cell<Tail>,
    waker: Cell<Option<Waker>>,
    reply: Cell<Filled<S>>,
}

#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlotState {
    /// In the chain of free slots.
    Free,
    /// Its request is not settled.
    Waiting,
    /// Holds a reply that its ticket has not taken yet.
    Settled,
    /// Its ticket was cancelled in the request's turn, and is gone. The slot is freed when the turn ends.
    Cancelled,
}

/// An `Option` whose `None` has the tag 0.
#[repr(u8)]
enum Filled<S: MessageSender> {
    None,
    Some(Reply<S>),
}

/// The contents taken out of a slot, to be dropped once no lock is held.
pub(super) struct Left<S: MessageSender> {
    pub(super) reply: Option<Reply<S>>,
    _waker: Option<Waker>,
}

/// A reply that no ticket asks for, to be dropped once no lock is held.
pub(super) struct Unasked<S: MessageSender> {
    _reply: Reply<S>,
    pub(super) was_cancelled: bool,
}

/// The low 32 bits of a request's id. They tell a reused slot's requests apart, since fewer than 2³² are queued.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail(u32);

impl Tail {
    #[expect(clippy::cast_possible_truncation, reason = "only the end of it is wanted")]
    const fn of(id: RequestId) -> Self {
        Self(id.get() as u32)
    }
}

/// All slots. They are all zeroes until they are used.
pub(super) struct Slots<S: MessageSender, const N: usize> {
    all: [Slot<S>; N],
    /// The first free slot, or `N`.
    free: Cell<SlotIndex>,
}

impl<S: MessageSender, const N: usize> Slots<S, N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= u16::MAX as usize, "a fixed storage has at most 65,535 places of a kind") };
        Self { all: [const { Slot::new() }; N], free: Cell::new(0) }
    }

    pub(super) fn has_room(&self) -> bool {
        usize::from(self.free.get()) < N
    }

    /// Takes a slot for the request's ticket, if one is free.
    pub(super) fn take(&self, id: RequestId) -> Option<SlotIndex> {
        let index = self.free.get();
        let slot = self.all.get(usize::from(index))?;
        slot.state.set(SlotState::Waiting);
        slot.request.set(Tail::of(id));
        self.free.set(index.wrapping_add(1).wrapping_add(slot.further.get()));
        Some(index)
    }

    fn free(&self, index: SlotIndex, slot: &Slot<S>) {
        slot.state.set(SlotState::Free);
        slot.further.set(self.free.replace(index).wrapping_sub(1).wrapping_sub(index));
    }

    /// Frees a slot and returns its contents.
    #[must_use]
    pub(super) fn release(&self, index: SlotIndex) -> Option<Left<S>> {
        let slot = self.all.get(usize::from(index))?;
        self.free(index, slot);
        Some(Left { reply: slot.take_reply(), _waker: slot.waker.take() })
    }

    pub(super) fn is_settled(&self, index: SlotIndex) -> bool {
        self.all.get(usize::from(index)).is_some_and(|slot| slot.state.get() == SlotState::Settled)
    }

    /// Takes the reply and frees the slot, or stores the waker of a ticket that waits. Returns the waker that it
    /// replaces, to be dropped once no lock is held.
    pub(super) fn look(&self, index: SlotIndex, waker: &Waker) -> Result<Reply<S>, Option<Waker>> {
        let Some(slot) = self.all.get(usize::from(index)) else { return Err(None) };
        if slot.state.get() == SlotState::Settled
            && let Some(reply) = slot.take_reply()
        {
            self.free(index, slot);
            return Ok(reply);
        }
        match slot.waker.take() {
            Some(kept) if kept.will_wake(waker) => {
                slot.waker.set(Some(kept));
                Err(None)
            }
            replaced => {
                slot.waker.set(Some(waker.clone()));
                Err(replaced)
            }
        }
    }

    fn is(slot: &Slot<S>, state: SlotState, id: RequestId) -> bool {
        slot.state.get() == state && slot.request.get() == Tail::of(id)
    }

    /// Marks the slot as cancelled, as its ticket is gone.
    pub(super) fn cancel(&self, index: SlotIndex) -> Option<Left<S>> {
        let slot = self.all.get(usize::from(index))?;
        slot.state.set(SlotState::Cancelled);
        Some(Left { reply: None, _waker: slot.waker.take() })
    }

    /// Settles the slot and returns its ticket's waker. Returns the reply if the ticket is gone.
    pub(super) fn settle(
        &self,
        index: SlotIndex,
        id: RequestId,
        reply: Reply<S>,
    ) -> Result<Option<Waker>, Unasked<S>> {
        let Some(slot) = self.all.get(usize::from(index)) else {
            return Err(Unasked { _reply: reply, was_cancelled: false });
        };
        if Self::is(slot, SlotState::Waiting, id) {
            slot.state.set(SlotState::Settled);
            slot.reply.set(Filled::Some(reply));
            return Ok(slot.waker.take());
        }
        let was_cancelled = Self::is(slot, SlotState::Cancelled, id);
        if was_cancelled {
            self.free(index, slot);
        }
        Err(Unasked { _reply: reply, was_cancelled })
    }

    /// Takes the waker of the ticket that waits there, if one does.
    pub(super) fn take_waker(&self, index: usize) -> Option<Waker> {
        self.all.get(index)?.waker.take()
    }
}

impl<S: MessageSender> Slot<S> {
    const fn new() -> Self {
        Self {
            state: Cell::new(SlotState::Free),
            further: Cell::new(0),
            request: Cell::new(Tail(0)),
            waker: Cell::new(None),
            reply: Cell::new(Filled::None),
        }
    }

    fn take_reply(&self) -> Option<Reply<S>> {
        match self.reply.replace(Filled::None) {
            Filled::Some(reply) => Some(reply),
            Filled::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl MessageSender for Echo {
        type Request = ();
        type Message = u8;
        type Rejection = ();
        type Error = ();

        async fn send_message(&self, (): &()) -> Result<Result<u8, ()>, ()> {
            Ok(Ok(0))
        }
    }

    fn reply(message: u8) -> Reply<Echo> {
        Reply { result: Ok(message), attempts: 1, may_have_arrived: true }
    }

    #[test]
    fn each_slot_is_taken_once_and_comes_back_in_any_order() {
        let slots = Slots::<Echo, 3>::new();
        let take = |slots: &Slots<Echo, 3>| slots.take(RequestId::new(0));
        assert_eq!([(); 4].map(|()| take(&slots)), [Some(0), Some(1), Some(2), None]);
        assert!(!slots.has_room());
        for index in [1, 2, 0] {
            assert!(slots.release(index).is_some_and(|left| left.reply.is_none()));
        }
        assert_eq!([(); 4].map(|()| take(&slots)), [Some(0), Some(2), Some(1), None]);
        assert!(slots.release(2).is_some() && slots.has_room());
        assert_eq!([(); 2].map(|()| take(&slots)), [Some(2), None]);
    }

    #[test]
    fn a_reply_is_for_the_ticket_of_its_request_only() {
        let slots = Slots::<Echo, 1>::new();
        let (old, new) = (RequestId::new(7), RequestId::new(8));
        assert_eq!(slots.take(old), Some(0));
        assert!(slots.release(0).is_some());
        assert_eq!(slots.take(new), Some(0));
        assert!(slots.settle(0, old, reply(7)).is_err());
        assert!(matches!(slots.look(0, Waker::noop()), Err(None)));
        assert!(slots.settle(0, new, reply(8)).is_ok_and(|waker| waker.is_some()));
        assert!(slots.is_settled(0) && slots.take_waker(0).is_none());
        assert!(matches!(slots.look(0, Waker::noop()), Ok(Reply { result: Ok(8), .. })));
        assert!(slots.has_room());
    }
}
