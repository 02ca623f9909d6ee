//! The ticket's end of a reply slot.

use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::slots::{Look, Slot, SlotIndex};
use super::waiters::Event;
use crate::sender::MessageSender;
use crate::storage::{Phase, Receipt, Settled};
use crate::strategy::RequestId;

/// Owns a slot until it is settled, cancelled or dropped.
pub struct FixedReceipt<
    'a,
    M: RawMutex,
    S: MessageSender,
    const Q: usize,
    const T: usize,
    const R: usize,
    const W: usize,
> {
    storage: &'a FixedStorage<M, S, Q, T, R, W>,
    /// `None` once the slot was given back.
    slot: Option<SlotIndex>,
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedReceipt<'a, M, S, Q, T, R, W>
{
    pub(super) const fn new(storage: &'a FixedStorage<M, S, Q, T, R, W>, slot: SlotIndex) -> Self {
        Self { storage, slot: Some(slot) }
    }

    /// Gives the slot back at once. Gives the reply, if there is one.
    fn release(&mut self) -> Option<Settled<S>> {
        match self.storage.release(self.slot.take()?) {
            Some(Slot::Settled(settled)) => Some(settled),
            _ => None,
        }
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Receipt<S>
    for FixedReceipt<'_, M, S, Q, T, R, W>
{
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Settled<S>>> {
        let Some(slot) = self.slot else { return Poll::Ready(None) };
        let mut others_wait = false;
        let look = self.storage.with(|state| {
            others_wait = state.waiters.any();
            state.slots.look(slot, cx.waker())
        });
        match look {
            Look::Settled(settled) => {
                self.slot = None;
                if others_wait {
                    self.storage.wake(Event::Room);
                }
                Poll::Ready(Some(settled))
            }
            // The waker is kept first: so a worker that stops meanwhile wakes it.
            Look::Waits(_) if self.storage.current_phase() == Phase::Stopped => Poll::Ready(self.release()),
            Look::Waits(_) => Poll::Pending,
        }
    }

    fn cancel(&mut self, id: RequestId) -> bool {
        let Some(slot) = self.slot else { return false };
        let cancelled = self.storage.with(|state| {
            let waits = !state.slots.is_settled(slot) && self.storage.current_phase() != Phase::Stopped;
            if waits {
                state.cancel(id);
            }
            waits
        });
        if cancelled {
            drop(self.release());
        }
        cancelled
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Drop
    for FixedReceipt<'_, M, S, Q, T, R, W>
{
    #[inline]
    fn drop(&mut self) {
        if self.slot.is_some() {
            drop(self.release());
        }
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    core::fmt::Debug for FixedReceipt<'_, M, S, Q, T, R, W>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FixedReceipt").field("slot", &self.slot).finish_non_exhaustive()
    }
}
