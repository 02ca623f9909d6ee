//! The reply slots: one for each ticket that is out.

use core::mem::replace;
use core::task::Waker;

use crate::sender::MessageSender;
use crate::storage::Settled;
use crate::strategy::RequestId;

pub(super) enum Slot<S: MessageSender> {
    /// In a chain of those that were used before.
    Free { next: usize },
    /// Its request is not settled.
    Waiting { id: RequestId, waker: Option<Waker> },
    /// Its ticket has not asked yet.
    Settled(Settled<S>),
}

pub(super) struct Slots<S: MessageSender, const N: usize> {
    all: [Slot<S>; N],
    /// The first slot of the chain, or [`END`].
    free: usize,
    /// From here on they were never used.
    fresh: usize,
}

const END: usize = usize::MAX;

impl<S: MessageSender, const N: usize> Slots<S, N> {
    pub(super) const fn new() -> Self {
        Self { all: [const { Slot::Free { next: END } }; N], free: END, fresh: 0 }
    }

    pub(super) const fn has_room(&self) -> bool {
        self.free != END || self.fresh < N
    }

    /// Takes a slot for the request's ticket. There must be one.
    pub(super) fn take(&mut self, id: RequestId) -> usize {
        let index = if let Some(&Slot::Free { next }) = self.all.get(self.free) {
            replace(&mut self.free, next)
        } else {
            self.fresh += 1;
            self.fresh - 1
        };
        self.all[index] = Slot::Waiting { id, waker: None };
        index
    }

    /// Gives a slot back. What was in there is to be dropped once no lock is held.
    #[must_use]
    pub(super) fn release(&mut self, index: usize) -> Slot<S> {
        let next = replace(&mut self.free, index);
        replace(&mut self.all[index], Slot::Free { next })
    }

    pub(super) fn is_settled(&self, index: usize) -> bool {
        matches!(self.all[index], Slot::Settled(_))
    }

    /// Keeps the waker of a ticket that waits. One that gives way is to be dropped once no lock is held.
    #[must_use]
    pub(super) fn wait(&mut self, index: usize, waker: &Waker) -> Option<Waker> {
        match &mut self.all[index] {
            Slot::Waiting { waker: kept, .. } if !kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) => {
                kept.replace(waker.clone())
            }
            _ => None,
        }
    }

    /// Settles the slot, and gives its ticket's waker; or gives `settled` back if the ticket has left.
    pub(super) fn settle(
        &mut self,
        index: usize,
        id: RequestId,
        settled: Settled<S>,
    ) -> Result<Option<Waker>, Settled<S>> {
        match &mut self.all[index] {
            Slot::Waiting { id: theirs, waker } if *theirs == id => {
                let waker = waker.take();
                self.all[index] = Slot::Settled(settled);
                Ok(waker)
            }
            _ => Err(settled),
        }
    }

    /// The wakers of all tickets that wait.
    pub(super) fn wakers(&mut self) -> [Option<Waker>; N] {
        core::array::from_fn(|index| match &mut self.all[index] {
            Slot::Waiting { waker, .. } => waker.take(),
            _ => None,
        })
    }
}
