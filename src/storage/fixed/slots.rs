//! The reply slots: one for each ticket that is out.

use core::cell::Cell;
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
    Waits(Option<Waker>),
}

/// Never used, they are all zero.
pub(super) struct Slots<S: MessageSender, const N: usize> {
    all: [Cell<Slot<S>>; N],
    /// The first of the free, or `N`.
    free: Cell<SlotIndex>,
}

impl<S: MessageSender, const N: usize> Slots<S, N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= u16::MAX as usize, "a fixed storage has at most 65,535 places of a kind") };
        Self { all: [const { Cell::new(Slot::Free { further: 0 }) }; N], free: Cell::new(0) }
    }

    #[inline]
    pub(super) fn has_room(&self) -> bool {
        usize::from(self.free.get()) < N
    }

    /// Takes a slot for the request's ticket, if there is one.
    #[inline]
    pub(super) fn take(&self, id: RequestId) -> Option<SlotIndex> {
        let index = self.free.get();
        let slot = self.all.get(usize::from(index))?;
        let taken = Slot::Waiting { request: Tail::of(id), waker: None };
        let Slot::Free { further } = slot.replace(taken) else { return None };
        self.free.set(index.wrapping_add(1).wrapping_add(further));
        Some(index)
    }

    /// Gives a slot back. What was in there is to be dropped once no lock is held.
    #[must_use]
    #[inline]
    pub(super) fn release(&self, index: SlotIndex) -> Option<Slot<S>> {
        let slot = self.all.get(usize::from(index))?;
        let further = self.free.replace(index).wrapping_sub(1).wrapping_sub(index);
        Some(slot.replace(Slot::Free { further }))
    }

    pub(super) fn is_settled(&self, index: SlotIndex) -> bool {
        self.all.get(usize::from(index)).is_some_and(|slot| {
            let content = slot.replace(Slot::Free { further: 0 });
            let settled = matches!(content, Slot::Settled(_));
            slot.set(content);
            settled
        })
    }

    /// Takes the reply and gives the slot back, or keeps the waker of a ticket that waits.
    #[inline]
    pub(super) fn look(&self, index: SlotIndex, waker: &Waker) -> Look<S> {
        let Some(slot) = self.all.get(usize::from(index)) else { return Look::Waits(None) };
        match slot.replace(Slot::Free { further: 0 }) {
            Slot::Settled(settled) => {
                // What is in there now needs no dropping.
                let _free = self.release(index);
                Look::Settled(settled)
            }
            Slot::Waiting { request, waker: kept }
                if kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) =>
            {
                slot.set(Slot::Waiting { request, waker: kept });
                Look::Waits(None)
            }
            Slot::Waiting { request, waker: replaced } => {
                slot.set(Slot::Waiting { request, waker: Some(waker.clone()) });
                Look::Waits(replaced)
            }
            Slot::Free { further } => {
                slot.set(Slot::Free { further });
                Look::Waits(None)
            }
        }
    }

    /// Settles the slot, and gives its ticket's waker; or gives `settled` back if the ticket has left.
    #[inline]
    pub(super) fn settle(
        &self,
        index: SlotIndex,
        id: RequestId,
        settled: Settled<S>,
    ) -> Result<Option<Waker>, Settled<S>> {
        let Some(slot) = self.all.get(usize::from(index)) else { return Err(settled) };
        match slot.replace(Slot::Free { further: 0 }) {
            Slot::Waiting { request, waker } if request == Tail::of(id) => {
                slot.set(Slot::Settled(settled));
                Ok(waker)
            }
            of_another => {
                slot.set(of_another);
                Err(settled)
            }
        }
    }

    /// The waker of the ticket that waits there, if one does.
    pub(super) fn take_waker(&self, index: usize) -> Option<Waker> {
        let slot = self.all.get(index)?;
        match slot.replace(Slot::Free { further: 0 }) {
            Slot::Waiting { request, waker } => {
                slot.set(Slot::Waiting { request, waker: None });
                waker
            }
            other => {
                slot.set(other);
                None
            }
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
        let slots = Slots::<Echo, 3>::new();
        let take = |slots: &Slots<Echo, 3>| slots.take(RequestId::new(0));
        assert_eq!([(); 4].map(|()| take(&slots)), [Some(0), Some(1), Some(2), None]);
        assert!(!slots.has_room());
        for index in [1, 2, 0] {
            assert!(matches!(slots.release(index), Some(Slot::Waiting { .. })));
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
        assert!(slots.settle(0, old, settled(7)).is_err());
        assert!(matches!(slots.look(0, Waker::noop()), Look::Waits(None)));
        assert!(slots.settle(0, new, settled(8)).is_ok_and(|waker| waker.is_some()));
        assert!(slots.is_settled(0) && slots.take_waker(0).is_none());
        assert!(matches!(slots.look(0, Waker::noop()), Look::Settled(Settled { outcome: Ok(Ok(8)), .. })));
        assert!(slots.has_room());
    }
}
