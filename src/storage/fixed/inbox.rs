//! The worker's side of a fixed storage: takes requests in turn, and skips the cancelled.

use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::job::{FixedJob, Kind};
use super::slots::SlotIndex;
use super::waiters::Event;
use crate::sender::MessageSender;
use crate::storage::{Inbox, Job, Settled};
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

    /// Takes the next request that was not cancelled. What was is dropped outside of the lock. `wait_for_more` keeps the
    /// worker's waker, in the same breath, if there is none and may be one later.
    #[inline]
    fn take(&self, wait_for_more: Option<&Context<'_>>) -> Poll<Option<FixedJob<S>>> {
        let storage = self.storage;
        loop {
            let mut waits = false;
            let mut others_wait = false;
            let mut _replaced = None;
            let job = storage.with(|state| {
                let job = state.pop(&storage.waiting);
                if job.is_some() {
                    others_wait = state.waiters.any();
                } else if let Some(cx) = wait_for_more
                    && storage.is_open()
                {
                    waits = true;
                    _replaced = state.worker_waits(cx.waker(), true);
                }
                job
            });
            if others_wait {
                storage.wake(Event::Room);
            }
            match job {
                Some(cancelled) if cancelled.kind() == Kind::Cancelled => {
                    storage.counters.cancelled.add_one()
                }
                None if waits => return Poll::Pending,
                job => return Poll::Ready(job),
            }
        }
    }
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    Inbox<S, &'a FixedStorage<M, S, Q, T, R, W>> for FixedInbox<'a, M, S, Q, T, R, W>
{
    #[inline]
    fn storage(&self) -> &&'a FixedStorage<M, S, Q, T, R, W> {
        &self.storage
    }

    async fn next(&mut self) -> Option<FixedJob<S>> {
        poll_fn(|cx| self.take(Some(cx))).await
    }

    #[inline]
    fn next_left(&mut self) -> Option<FixedJob<S>> {
        // Most often there is none.
        if self.storage.waiting.get() == 0 {
            return None;
        }
        match self.take(None) {
            Poll::Ready(job) => job,
            Poll::Pending => None,
        }
    }

    fn requeue(&mut self, job: Job<S::Request, SlotIndex>) -> Result<(), Job<S::Request, SlotIndex>> {
        self.storage.with(|state| {
            if !self.storage.is_open() {
                return Err(job);
            }
            state.put_back(FixedJob::round(job), &self.storage.waiting);
            Ok(())
        })
    }

    #[inline]
    fn resolve(&mut self, id: RequestId, slot: SlotIndex, settled: Settled<S>) -> bool {
        let settled = self.storage.with(|state| match state.slots.settle(slot, id, settled) {
            Ok(ticket) => Ok(ticket),
            Err(unasked) => Err((unasked, state.take_cancelled())),
        });
        match settled {
            Ok(ticket) => {
                if let Some(ticket) = ticket {
                    ticket.wake();
                }
                false
            }
            Err((_unasked, cancelled)) => cancelled,
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
