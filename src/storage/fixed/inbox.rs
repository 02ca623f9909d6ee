//! The worker's side of a fixed storage: takes requests in turn, and skips the cancelled.

use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::state::FixedJob;
use super::{FixedStorage, keep_waker};
use crate::sender::MessageSender;
use crate::storage::{Inbox, Settled};
use crate::strategy::RequestId;

/// The worker's side of a [`FixedStorage`].
pub struct FixedInbox<
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
    FixedInbox<'a, M, S, Q, T, R, W>
{
    pub(super) const fn new(storage: &'a FixedStorage<M, S, Q, T, R, W>) -> Self {
        Self { storage }
    }

    /// Takes the next request that was not cancelled. What was is dropped outside of the lock.
    fn take(&self) -> Option<FixedJob<S>> {
        loop {
            let (taken, room) = self.storage.with(|state| {
                let taken = state.pop();
                // Whatever was taken is in hand now, and not cancelled there.
                state.cancelled_in_hand = None;
                let room = taken.is_some().then(|| state.room.all());
                (taken, room)
            });
            let (job, cancelled) = taken?;
            if let Some(room) = room {
                room.wake();
            }
            if !cancelled {
                return Some(job);
            }
            self.storage.counters.cancelled.add_one();
        }
    }

    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<FixedJob<S>>> {
        loop {
            if let Some(job) = self.take() {
                return Poll::Ready(Some(job));
            }
            let waits = self.storage.with(|state| {
                if state.waiting > 0 {
                    return Err(true);
                }
                if !self.storage.is_open() {
                    return Err(false);
                }
                Ok(keep_waker(&mut state.idle, cx.waker()))
            });
            match waits {
                Ok(_replaced) => return Poll::Pending,
                Err(true) => {}
                Err(false) => return Poll::Ready(None),
            }
        }
    }
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    Inbox<S, &'a FixedStorage<M, S, Q, T, R, W>> for FixedInbox<'a, M, S, Q, T, R, W>
{
    fn storage(&self) -> &&'a FixedStorage<M, S, Q, T, R, W> {
        &self.storage
    }

    async fn next(&mut self) -> Option<FixedJob<S>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn next_left(&mut self) -> Option<FixedJob<S>> {
        self.take()
    }

    fn requeue(&mut self, job: FixedJob<S>) -> Result<(), FixedJob<S>> {
        self.storage.with(|state| if self.storage.is_open() { state.put_back(job) } else { Err(job) })
    }

    fn resolve(&mut self, id: RequestId, slot: usize, settled: Settled<S>) -> bool {
        let settled = self.storage.with(|state| {
            let cancelled = state.cancelled_in_hand.take_if(|cancelled| *cancelled == id).is_some();
            (state.slots.settle(slot, id, settled), cancelled)
        });
        match settled {
            (Ok(ticket), _) => {
                if let Some(ticket) = ticket {
                    ticket.wake();
                }
                false
            }
            (Err(_nobody_asks), cancelled) => cancelled,
        }
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> fmt::Debug
    for FixedInbox<'_, M, S, Q, T, R, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedInbox").finish_non_exhaustive()
    }
}
