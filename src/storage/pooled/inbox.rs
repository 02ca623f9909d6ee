//! The worker's side of the pool: takes all requests that wait at once, and skips the cancelled.

use alloc::collections::VecDeque;
use core::fmt;
use core::future::{Future, poll_fn};
use core::sync::atomic::Ordering;
use core::task::{Context, Poll};

use super::Pooled;
use super::entry::Entry;
use super::pool::{Delivered, KEPT, SlotIndex};
use crate::sender::MessageSender;
use crate::storage::heap::reply::Reply;
use crate::storage::{Inbox, Job, Settled, Taken};
use crate::strategy::RequestId;

/// The worker's side of [`Pooled`].
pub struct PooledInbox<S: MessageSender> {
    storage: Pooled<S>,
    /// Requests that came out of the pool together, and go before those in there.
    batch: VecDeque<Entry<S>>,
}

/// What there is when the batch is empty.
enum Refill {
    Some,
    NoneYet,
    NoneAnyMore,
}

impl<S: MessageSender> PooledInbox<S> {
    pub(super) const fn new(storage: Pooled<S>) -> Self {
        Self { storage, batch: VecDeque::new() }
    }

    /// Takes what waits in the pool. Where nothing does, a worker that `sleeps` is told when something comes.
    fn refill(&mut self, sleeps: bool) -> Refill {
        let shared = &*self.storage.0;
        let mut pool = self.storage.lock();
        if pool.queued() > 0 {
            pool.swap(&mut self.batch);
            shared.in_batch.store(self.batch.len(), Ordering::Relaxed);
            shared.queued.store(0, Ordering::Relaxed);
            return Refill::Some;
        }
        if pool.is_closed() {
            return Refill::NoneAnyMore;
        }
        if sleeps {
            pool.let_worker_sleep();
            if self.batch.capacity() > KEPT {
                self.batch = VecDeque::new();
            }
        }
        Refill::NoneYet
    }

    /// The next one of the batch that was not cancelled.
    #[inline]
    fn take(&mut self, hand: &mut Option<Entry<S>>) -> bool {
        while let Some(entry) = self.batch.pop_front() {
            let shared = &*self.storage.0;
            shared.in_batch.store(self.batch.len(), Ordering::Relaxed);
            if entry.cycle() == 0 {
                shared.common.bound.leave();
            }
            if shared.cancelled.load(Ordering::Acquire) > 0 && self.skips(&entry) {
                continue;
            }
            *hand = Some(entry);
            return true;
        }
        false
    }

    /// Somebody has cancelled: was it this one?
    #[cold]
    fn skips(&self, entry: &Entry<S>) -> bool {
        let cancelled = entry.slot().is_some_and(|slot| self.storage.lock().take_cancelled(slot));
        if cancelled {
            self.storage.0.cancelled.fetch_sub(1, Ordering::AcqRel);
            self.storage.0.common.counters.cancelled.add_one();
        }
        cancelled
    }

    fn poll_next(&mut self, hand: &mut Option<Entry<S>>, cx: &Context<'_>) -> Poll<bool> {
        loop {
            if self.next_left(hand) {
                return Poll::Ready(true);
            }
            // Before the last look: whoever comes, or closes, after that finds the waker.
            self.storage.0.common.life.register_worker(cx);
            match self.refill(true) {
                Refill::Some => {}
                Refill::NoneYet => return Poll::Pending,
                Refill::NoneAnyMore => return Poll::Ready(false),
            }
        }
    }
}

impl<S: MessageSender> Inbox<S, Pooled<S>> for PooledInbox<S> {
    #[inline]
    fn storage(&self) -> &Pooled<S> {
        &self.storage
    }

    fn next(&mut self, hand: &mut Option<Entry<S>>) -> impl Future<Output = bool> {
        poll_fn(|cx| self.poll_next(hand, cx))
    }

    #[inline]
    fn next_left(&mut self, hand: &mut Option<Entry<S>>) -> bool {
        loop {
            if self.take(hand) {
                return true;
            }
            // To know that there is nothing takes no lock.
            if self.storage.0.queued.load(Ordering::Relaxed) == 0 {
                return false;
            }
            self.refill(false);
        }
    }

    fn requeue(&mut self, job: Job<S::Request, SlotIndex>) -> Result<(), Job<S::Request, SlotIndex>> {
        let mut pool = self.storage.lock();
        if pool.is_closed() {
            return Err(job);
        }
        pool.push_round(Entry::other(job));
        self.storage.0.queued.store(pool.queued(), Ordering::Relaxed);
        Ok(())
    }

    #[inline]
    fn resolve(&mut self, _: RequestId, slot: SlotIndex, settled: Settled<S>) -> bool {
        let reply = Reply::new(settled);
        let delivered = self.storage.lock().settle(slot, reply);
        match delivered {
            Delivered::ToTicket(waker) => {
                if let Some(waker) = waker {
                    waker.wake();
                }
                false
            }
            Delivered::ToNobody { was_cancelled, .. } => {
                if was_cancelled {
                    self.storage.0.cancelled.fetch_sub(1, Ordering::AcqRel);
                }
                was_cancelled
            }
        }
    }
}

impl<S: MessageSender> fmt::Debug for PooledInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledInbox").field("batch", &self.batch.len()).finish_non_exhaustive()
    }
}
