//! The ticket's end of a reply slot.

use core::mem::replace;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::slots::{Look, SlotIndex};
use super::waiters::Event;
use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Phase, Receipt, Settled};
use crate::strategy::RequestId;

/// No slot: there are never so many.
const NONE: SlotIndex = SlotIndex::MAX;

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
    /// [`NONE`] once the slot was given back.
    slot: SlotIndex,
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedReceipt<'a, M, S, Q, T, R, W>
{
    pub(super) const fn new(storage: &'a FixedStorage<M, S, Q, T, R, W>, slot: SlotIndex) -> Self {
        Self { storage, slot }
    }

    /// Gives the slot back at once. Gives the reply, if there is one.
    fn release(&mut self) -> Option<Settled<S>> {
        self.storage.release(replace(&mut self.slot, NONE))?.reply
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Receipt<S>
    for FixedReceipt<'_, M, S, Q, T, R, W>
{
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled<S>> {
        let slot = self.slot;
        let mut others_wait = false;
        let look = self.storage.with(|state| {
            others_wait = state.waiters.any();
            state.slots.look(slot, cx.waker())
        });
        match look {
            Look::Settled(settled) => {
                self.slot = NONE;
                if others_wait {
                    self.storage.wake(Event::Room);
                }
                Poll::Ready(settled)
            }
            // The waker is kept first: so a worker that stops meanwhile wakes it.
            Look::Waits(_replaced) if self.storage.has_stopped() => {
                Poll::Ready(self.release().unwrap_or(Settled::no_answer(NoAnswer::Stopped, 0)))
            }
            Look::Waits(_replaced) => Poll::Pending,
        }
    }

    fn cancel(&mut self, id: RequestId) -> Cancel {
        let slot = self.slot;
        let cancel = self.storage.with(|state| {
            let is_over = slot == NONE
                || state.slots.is_settled(slot)
                || self.storage.current_phase() == Phase::Stopped;
            if is_over { Cancel::TooLate } else { state.cancel(id) }
        });
        if cancel != Cancel::TooLate {
            drop(self.release());
        }
        cancel
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Drop
    for FixedReceipt<'_, M, S, Q, T, R, W>
{
    #[inline]
    fn drop(&mut self) {
        if self.slot != NONE {
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

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::sync::Arc;

    use embassy_sync::blocking_mutex::raw::NoopRawMutex;

    use super::*;
    use crate::error::SendError;
    use crate::keep_results::KeepResults;
    use crate::runtime::Instant;
    use crate::sender::echo::Echo;
    use crate::storage::counting_task::CountingTask;
    use crate::storage::{Exit, Preallocated, Storage};

    #[test]
    fn a_ticket_that_nobody_settled_is_woken_and_ends_with_the_runner() {
        let storage = FixedStorage::<NoopRawMutex, Echo, 2, 2, 0, 2>::new();
        (&storage).occupy(None, KeepResults::default()).unwrap();
        let (_, mut receipt) = (&storage).try_enqueue(&mut Some(7), Instant::NEVER).unwrap();
        let task = Arc::new(CountingTask::default());
        let waker = task.clone().into();
        let mut cx = Context::from_waker(&waker);
        assert!(receipt.poll(&mut cx).is_pending());
        (&storage).stop(Exit::Dropped);
        assert_eq!(task.woken(), 1);
        let Poll::Ready(settled) = receipt.poll(&mut cx) else { panic!("it waits for ever") };
        assert!(matches!(
            settled,
            Settled { result: Err(SendError::NoAnswer(NoAnswer::Stopped)), attempts: 0, .. }
        ));
        assert_eq!(receipt.cancel(RequestId::new(0)), Cancel::TooLate);
    }
}
