//! The reply slots: one for each ticket that is out.

use core::mem::replace;
use core::task::Waker;

use crate::sender::MessageSender;
use crate::storage::Settled;
use crate::strategy::RequestId;

/// Which slot: the worker's end of a reply.
pub(super) type SlotIndex = u16;

/// Its tag is a byte of its own, so that a slot that was never used is all zero.
#[repr(u8)]
pub(super) enum Slot<S: MessageSender> {
    /// In the chain of the free. The next one is the slot behind it, and as many further on.
    Free { further: SlotIndex },
    /// Its request is not settled.
    Waiting { request: Tail, waker: Option<Waker> },
    /// Its ticket has not asked yet.
    Settled(Settled<S>),
}

/// The end of a request's id. Of the requests whose tickets can be confused, no two have the same: they stand in one queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail(u32);

impl Tail {
    #[expect(clippy::cast_possible_truncation, reason = "only the end of it is wanted")]
    const fn of(id: RequestId) -> Self {
        Self(id.get() as u32)
    }
}

/// What a ticket finds in its slot.
pub(super) enum Look<S: MessageSender> {
    /// Its reply; the slot is free.
    Settled(Settled<S>),
    /// Nothing. A waker that gave way is to be dropped once no lock is held.
    Waits(#[expect(dead_code, reason = "only kept until it is dropped")] Option<Waker>),
}

/// Never used, they are all zero.
pub(super) struct Slots<S: MessageSender, const N: usize> {
    all: [Slot<S>; N],
    /// The first of the free, or `N`.
    free: SlotIndex,
}

impl<S: MessageSender, const N: usize> Slots<S, N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= u16::MAX as usize, "a fixed storage has at most 65,535 places of a kind") };
        Self { all: [const { Slot::Free { further: 0 } }; N], free: 0 }
    }

    #[inline]
    pub(super) const fn has_room(&self) -> bool {
        (self.free as usize) < N
    }

    /// Takes a slot for the request's ticket, if there is one.
    #[inline]
    pub(super) fn take(&mut self, id: RequestId) -> Option<SlotIndex> {
        let index = self.free;
        let slot = self.all.get_mut(usize::from(index))?;
        let Slot::Free { further } = *slot else { return None };
        self.free = index.wrapping_add(1).wrapping_add(further);
        *slot = Slot::Waiting { request: Tail::of(id), waker: None };
        Some(index)
    }

    /// Gives a slot back. What was in there is to be dropped once no lock is held.
    #[must_use]
    #[inline]
    pub(super) fn release(&mut self, index: SlotIndex) -> Option<Slot<S>> {
        let slot = self.all.get_mut(usize::from(index))?;
        let further = replace(&mut self.free, index).wrapping_sub(1).wrapping_sub(index);
        Some(replace(slot, Slot::Free { further }))
    }

    pub(super) fn is_settled(&self, index: SlotIndex) -> bool {
        matches!(self.all.get(usize::from(index)), Some(Slot::Settled(_)))
    }

    /// Takes the reply and gives the slot back, or keeps the waker of a ticket that waits.
    #[inline]
    pub(super) fn look(&mut self, index: SlotIndex, waker: &Waker) -> Look<S> {
        match self.all.get_mut(usize::from(index)) {
            Some(Slot::Waiting { waker: kept, .. }) => Look::Waits(super::keep_waker(kept, waker)),
            Some(Slot::Settled(_)) => match self.release(index) {
                Some(Slot::Settled(settled)) => Look::Settled(settled),
                _ => Look::Waits(None),
            },
            _ => Look::Waits(None),
        }
    }

    /// Settles the slot, and gives its ticket's waker; or gives `settled` back if the ticket has left.
    #[inline]
    pub(super) fn settle(
        &mut self,
        index: SlotIndex,
        id: RequestId,
        settled: Settled<S>,
    ) -> Result<Option<Waker>, Settled<S>> {
        match self.all.get_mut(usize::from(index)) {
            Some(slot) => match slot {
                Slot::Waiting { request, waker } if *request == Tail::of(id) => {
                    let waker = waker.take();
                    *slot = Slot::Settled(settled);
                    Ok(waker)
                }
                _ => Err(settled),
            },
            None => Err(settled),
        }
    }

    /// The waker of the ticket that waits there, if one does.
    pub(super) fn take_waker(&mut self, index: usize) -> Option<Waker> {
        match self.all.get_mut(index) {
            Some(Slot::Waiting { waker, .. }) => waker.take(),
            _ => None,
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

    fn settled(message: u8) -> Settled<Echo> {
        Settled { outcome: Ok(Ok(message)), attempts: 1 }
    }

    #[test]
    fn each_slot_is_taken_once_and_comes_back_in_any_order() {
        let mut slots = Slots::<Echo, 3>::new();
        let mut take = |slots: &mut Slots<Echo, 3>| slots.take(RequestId::new(0));
        assert_eq!([(); 4].map(|()| take(&mut slots)), [Some(0), Some(1), Some(2), None]);
        assert!(!slots.has_room());
        for index in [1, 2, 0] {
            assert!(matches!(slots.release(index), Some(Slot::Waiting { .. })));
        }
        assert_eq!([(); 4].map(|()| take(&mut slots)), [Some(0), Some(2), Some(1), None]);
        assert!(slots.release(2).is_some() && slots.has_room());
        assert_eq!([(); 2].map(|()| take(&mut slots)), [Some(2), None]);
    }

    #[test]
    fn a_reply_is_for_the_ticket_of_its_request_only() {
        let mut slots = Slots::<Echo, 1>::new();
        let (old, new) = (RequestId::new(7), RequestId::new(8));
        assert_eq!(slots.take(old), Some(0));
        assert!(slots.release(0).is_some());
        assert_eq!(slots.take(new), Some(0));
        assert!(slots.settle(0, old, settled(7)).is_err());
        assert!(matches!(slots.look(0, Waker::noop()), Look::Waits(None)));
        assert!(slots.settle(0, new, settled(8)).is_ok_and(|waker| waker.is_some()));
        assert!(slots.is_settled(0) && slots.take_waker(0).is_none());
        assert!(matches!(slots.look(0, Waker::noop()), Look::Settled(Settled { outcome: Ok(Ok(8)), .. })));
        assert!(slots.has_room());
    }
}
