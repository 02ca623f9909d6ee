//! The worker's side of a fixed storage.

use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::queued::{FixedQueued, Kind};
use super::state::State;
use super::waiters::Event;
use crate::sender::MessageSender;
use crate::storage::{Round, WorkerSide};

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedStorage<M, S, Q, T, R, W>
{
    /// Takes the next request. If there is none and the runner is open, stores the waker of a worker that `waits`.
    fn poll_take(&self, hand: &mut Option<FixedQueued<S>>, waits: Option<&Context<'_>>) -> Poll<bool> {
        let mut others_wait = false;
        let mut _replaced = None;
        let found = self.with(|state| {
            if state.pop(hand, &self.waiting) {
                others_wait = state.waiters.any();
                return Poll::Ready(true);
            }
            match waits {
                Some(cx) if self.is_open() => {
                    _replaced = state.worker_waits(cx.waker(), true);
                    Poll::Pending
                }
                _ => Poll::Ready(false),
            }
        });
        if others_wait {
            self.wake(Event::Room);
        }
        found
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    WorkerSide<S, Self> for &FixedStorage<M, S, Q, T, R, W>
{
    fn storage(&self) -> &Self {
        self
    }

    fn poll_next(&mut self, hand: &mut Option<FixedQueued<S>>, cx: &mut Context<'_>) -> Poll<bool> {
        self.poll_take(hand, Some(cx))
    }

    fn try_next(&mut self, hand: &mut Option<FixedQueued<S>>) -> bool {
        // If there is none, this check saves the lock.
        self.waiting.get() > 0 && self.poll_take(hand, None) == Poll::Ready(true)
    }

    fn begin(&mut self, queued: &FixedQueued<S>) -> bool {
        queued.kind() != Kind::Cancelled
    }

    fn requeue(&mut self, round: Round<S::Request>) -> Result<(), S::Request> {
        self.with(|state| {
            if !self.is_open() || !State::<S, Q, T, R, W>::has_room_for_round(&self.waiting) {
                return Err(round.request);
            }
            state.put_back(FixedQueued::requeued(round), &self.waiting);
            Ok(())
        })
    }
}
