//! The worker's side of the queue: takes all requests that wait at once, and skips the cancelled.

use alloc::collections::VecDeque;
use core::fmt;
use core::future::{Future, poll_fn};
use core::sync::atomic::Ordering;
use core::task::{Context, Poll};

use super::Lean;
use super::entry::Entry;
use super::place::Promise;
use super::queue::KEPT;
use crate::sender::MessageSender;
use crate::storage::heap::reply::Reply;
use crate::storage::{Inbox, Job, Settled, Taken};
use crate::strategy::RequestId;

/// The worker's side of [`Lean`].
pub struct LeanInbox<S: MessageSender> {
    storage: Lean<S>,
    /// Requests that came out of the queue together, and go before those in there.
    batch: VecDeque<Entry<S>>,
}

/// What there is when the batch is empty.
enum Refill {
    Some,
    NoneYet,
    NoneAnyMore,
}

impl<S: MessageSender> LeanInbox<S> {
    pub(super) const fn new(storage: Lean<S>) -> Self {
        Self { storage, batch: VecDeque::new() }
    }

    /// Takes what waits in the queue. Where nothing does, a worker that `sleeps` is woken when something comes.
    fn refill(&mut self, sleeps: Option<&Context<'_>>) -> Refill {
        // Cloned before the lock is taken, as that runs foreign code.
        let waker = sleeps.map(|cx| cx.waker().clone());
        let shared = &*self.storage.0;
        let mut queue = self.storage.lock();
        if queue.len() > 0 {
            queue.swap(&mut self.batch);
            shared.in_batch.store(self.batch.len(), Ordering::Relaxed);
            shared.queued.store(0, Ordering::Relaxed);
            return Refill::Some;
        }
        if queue.is_closed() {
            return Refill::NoneAnyMore;
        }
        if let Some(waker) = waker {
            let _replaced = queue.let_worker_sleep(waker);
            drop(queue);
            if self.batch.capacity() > KEPT {
                self.batch = VecDeque::new();
            }
        }
        Refill::NoneYet
    }

    /// The next one of the batch that was not cancelled.
    #[inline]
    fn take(&mut self, hand: &mut Option<Entry<S>>) -> bool {
        loop {
            *hand = self.batch.pop_front();
            let Some(entry) = hand else { return false };
            let shared = &*self.storage.0;
            shared.in_batch.store(self.batch.len(), Ordering::Relaxed);
            if entry.cycle() == 0 {
                shared.common.bound.leave();
            }
            if !entry.is_cancelled() {
                return true;
            }
            shared.common.counters.cancelled.add_one();
        }
    }

    fn poll_next(&mut self, hand: &mut Option<Entry<S>>, cx: &Context<'_>) -> Poll<bool> {
        loop {
            if self.next_left(hand) {
                return Poll::Ready(true);
            }
            match self.refill(Some(cx)) {
                Refill::Some => {}
                Refill::NoneYet => return Poll::Pending,
                Refill::NoneAnyMore => return Poll::Ready(false),
            }
        }
    }
}

impl<S: MessageSender> Inbox<S, Lean<S>> for LeanInbox<S> {
    #[inline]
    fn storage(&self) -> &Lean<S> {
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
            self.refill(None);
        }
    }

    fn requeue(&mut self, job: Job<S::Request, Promise<S>>) -> Result<(), Job<S::Request, Promise<S>>> {
        let mut queue = self.storage.lock();
        if queue.is_closed() {
            return Err(job);
        }
        queue.push_round(Entry::new(job));
        self.storage.0.queued.store(queue.len(), Ordering::Relaxed);
        Ok(())
    }

    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn resolve(&mut self, _: RequestId, promise: Promise<S>, settled: Settled<S>) -> bool {
        promise.settle(Reply::new(settled))
    }
}

impl<S: MessageSender> fmt::Debug for LeanInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeanInbox").field("batch", &self.batch.len()).finish_non_exhaustive()
    }
}
