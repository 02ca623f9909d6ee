//! The ticket's end of a reply slot.

use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::slots::Slot;
use crate::sender::MessageSender;
use crate::storage::{Phase, Settled};
use crate::strategy::RequestId;

/// Owns a slot until it is settled, cancelled or dropped.
pub struct Receipt<
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
    Receipt<'a, M, S, Q, T, R, W>
{
    pub(super) const fn new(storage: &'a FixedStorage<M, S, Q, T, R, W>, slot: usize) -> Self {
        Self { storage, slot: Some(slot) }
    }

    /// `None` when the worker is gone without a reply.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<Settled<S>>> {
        let Some(slot) = self.slot else { return Poll::Ready(None) };
        let replaced = self.storage.with(|state| {
            if state.slots.is_settled(slot) || self.storage.current_phase() == Phase::Stopped {
                return Err(());
            }
            Ok(state.slots.wait(slot, cx.waker()))
        });
        if replaced.is_ok() { Poll::Pending } else { Poll::Ready(self.release()) }
    }

    /// Lets the worker skip the request, or gives the reply that is there already.
    pub(super) fn cancel(&mut self, id: RequestId) -> Option<Settled<S>> {
        let slot = self.slot?;
        self.storage.with(|state| {
            if !state.slots.is_settled(slot) {
                state.cancel(id);
            }
        });
        self.release()
    }

    /// Gives the slot back at once. Gives the reply, if there is one.
    fn release(&mut self) -> Option<Settled<S>> {
        match self.storage.release(self.slot.take()?) {
            Slot::Settled(settled) => Some(settled),
            _ => None,
        }
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Drop
    for Receipt<'_, M, S, Q, T, R, W>
{
    fn drop(&mut self) {
        drop(self.release());
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    core::fmt::Debug for Receipt<'_, M, S, Q, T, R, W>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Receipt").field("slot", &self.slot).finish_non_exhaustive()
    }
}
