//! The ticket's end of a reply slot.

use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::slots::Slot;
use crate::error::NoAnswer;
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
    slot: Option<usize>,
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedReceipt<'a, M, S, Q, T, R, W>
{
    pub(super) const fn new(storage: &'a FixedStorage<M, S, Q, T, R, W>, slot: usize) -> Self {
        Self { storage, slot: Some(slot) }
    }

    /// Gives the slot back at once. Gives the reply, if there is one.
    fn release(&mut self) -> Option<Settled<S>> {
        match self.storage.release(self.slot.take()?) {
            Slot::Settled(settled) => Some(settled),
            _ => None,
        }
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Receipt<S>
    for FixedReceipt<'_, M, S, Q, T, R, W>
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled<S>> {
        let stopped = Settled::no_answer(NoAnswer::Stopped, 0);
        let Some(slot) = self.slot else { return Poll::Ready(stopped) };
        let replaced = self.storage.with(|state| {
            if state.slots.is_settled(slot) || self.storage.current_phase() == Phase::Stopped {
                return Err(());
            }
            Ok(state.slots.wait(slot, cx.waker()))
        });
        if replaced.is_ok() { Poll::Pending } else { Poll::Ready(self.release().unwrap_or(stopped)) }
    }

    fn try_take(&mut self) -> Option<Settled<S>> {
        // One lock does both, to look and to wait.
        None
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
    fn drop(&mut self) {
        drop(self.release());
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    core::fmt::Debug for FixedReceipt<'_, M, S, Q, T, R, W>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FixedReceipt").field("slot", &self.slot).finish_non_exhaustive()
    }
}
