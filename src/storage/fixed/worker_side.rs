//! The worker's side of a fixed storage.

use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::queued::{FixedQueued, Kind};
use super::state::State;
use super::waiters::Event;
use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{QueuedRequest, WorkerSide};

/// The worker's side of a [`FixedStorage`].
pub struct FixedWorkerSide<
    'a,
    M: RawMutex,
    S: MessageSender,
    const Q: usize,
    const T: usize,
    const R: usize,
    const W: usize,
> {
    storage: &'a FixedStorage<M, S, Q, T, R, W>,
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedWorkerSide<'a, M, S, Q, T, R, W>
{
    pub(super) const fn new(storage: &'a FixedStorage<M, S, Q, T, R, W>) -> Self {
        Self { storage }
    }

    /// Takes the next request. Where there is none and may be one later, a worker that `waits` is told of it.
    fn poll_take(&self, hand: &mut Option<FixedQueued<S>>, waits: Option<&Context<'_>>) -> Poll<bool> {
        let storage = self.storage;
        let mut others_wait = false;
        let mut _replaced = None;
        let found = storage.with(|state| {
            if state.pop(hand, &storage.waiting) {
                others_wait = state.waiters.any();
                return Poll::Ready(true);
            }
            match waits {
                Some(cx) if storage.is_open() => {
                    _replaced = state.worker_waits(cx.waker(), true);
                    Poll::Pending
                }
                _ => Poll::Ready(false),
            }
        });
        if others_wait {
            storage.wake(Event::Room);
        }
        found
    }
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    WorkerSide<S, &'a FixedStorage<M, S, Q, T, R, W>> for FixedWorkerSide<'a, M, S, Q, T, R, W>
{
    #[inline]
    fn storage(&self) -> &&'a FixedStorage<M, S, Q, T, R, W> {
        &self.storage
    }

    fn poll_next(&mut self, hand: &mut Option<FixedQueued<S>>, cx: &mut Context<'_>) -> Poll<bool> {
        self.poll_take(hand, Some(cx))
    }

    #[inline]
    fn try_next(&mut self, hand: &mut Option<FixedQueued<S>>) -> bool {
        // Most often there is none: to know that takes no lock.
        self.storage.waiting.get() > 0 && self.poll_take(hand, None) == Poll::Ready(true)
    }

    #[inline]
    fn begin(&mut self, queued: &FixedQueued<S>) -> bool {
        queued.kind() != Kind::Cancelled
    }

    fn was_cancelled(&mut self, queued: &FixedQueued<S>) -> bool {
        let is_cancelled = |slot| self.storage.with(|state| state.slots.is_cancelled(slot, queued.id()));
        queued.slot().is_some_and(is_cancelled)
    }

    fn requeue(
        &mut self,
        id: RequestId,
        cycle: u32,
        request: S::Request,
        queued_at: Instant,
    ) -> Result<(), S::Request> {
        self.storage.with(|state| {
            if !self.storage.is_open() || !State::<S, Q, T, R, W>::has_room_for_round(&self.storage.waiting) {
                return Err(request);
            }
            state.put_back(FixedQueued::round(id, cycle, request, queued_at), &self.storage.waiting);
            Ok(())
        })
    }
}
