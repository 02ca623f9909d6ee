//! The worker's side of the queue: takes all requests that wait at once, and knows the cancelled.

use alloc::collections::VecDeque;
use core::fmt;
use core::future::{Future, poll_fn};
use core::sync::atomic::Ordering;
use core::task::{Context, Poll};

use super::place::Promise;
use super::queue::KEPT;
use super::reply::Reply;
use super::{Entry, Lean};
use crate::answer::Answer;
use crate::sender::{MessageResponse, MessageSender};
use crate::storage::heap::backed::Backed;
use crate::storage::{Inbox, Job, Settled, Taken};
use crate::strategy::RequestId;

/// The worker's side of [`Lean`].
pub struct LeanInbox<S: MessageSender> {
    storage: Lean<S>,
    /// Requests that came out of the queue together, and go before those in there.
    batch: VecDeque<Entry<S>>,
    /// How many it has taken from there, ever; it wraps.
    taken: usize,
    /// Whether the queue is bounded. To ask the storage for it would fetch what callers write for each request.
    is_bounded: bool,
}

/// What there is when the batch is empty.
enum Refill {
    Some,
    NoneYet,
    NoneAnyMore,
}

impl<S: MessageSender> LeanInbox<S> {
    pub(super) fn new(storage: Lean<S>) -> Self {
        let is_bounded = storage.0.common.bound.is_there();
        Self { storage, batch: VecDeque::new(), taken: 0, is_bounded }
    }

    /// Takes what waits in the queue. Where nothing does, a worker that `sleeps` is woken when something comes.
    fn refill(&mut self, sleeps: Option<&Context<'_>>) -> Refill {
        // Cloned before the lock is taken, as that runs foreign code.
        let waker = sleeps.map(|cx| cx.waker().clone());
        let mut queue = self.storage.lock();
        if queue.swap(&mut self.batch) {
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

    /// Takes the next one of the batch.
    #[inline]
    fn take(&mut self, hand: &mut Option<Entry<S>>) -> bool {
        *hand = self.batch.pop_front();
        if hand.is_some() {
            self.taken = self.taken.wrapping_add(1);
            self.storage.0.taken.store(self.taken, Ordering::Release);
        }
        hand.is_some()
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
            if self.storage.0.pushed.load(Ordering::Relaxed) == self.taken {
                return false;
            }
            if !matches!(self.refill(None), Refill::Some) {
                return false;
            }
        }
    }

    #[inline]
    fn accept(&mut self, entry: &Entry<S>) -> bool {
        if self.is_bounded && entry.cycle() == 0 {
            self.storage.0.common.bound.leave();
        }
        entry.reply().is_none_or(Promise::begin)
    }

    fn requeue(&mut self, job: Job<S::Request, Promise<S>>) -> Result<(), Job<S::Request, Promise<S>>> {
        let mut queue = self.storage.lock();
        if queue.is_closed() {
            return Err(job);
        }
        queue.push_round(Entry::other(job));
        self.storage.0.pushed.store(queue.pushed(), Ordering::Relaxed);
        Ok(())
    }

    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn resolve(&mut self, _: RequestId, promise: Promise<S>, settled: Settled<S>) -> bool {
        promise.settle(Reply::new(settled))
    }

    #[inline]
    fn publish(&mut self, taken: &Entry<S>, attempts: u32, response: MessageResponse<S>) -> bool {
        self.storage.common().publish(Answer { id: taken.id(), cycle: taken.cycle(), attempts, response })
    }

    fn poll_published(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.storage.common().poll_published(cx)
    }
}

impl<S: MessageSender> fmt::Debug for LeanInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeanInbox").field("batch", &self.batch.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;

    use super::*;
    use crate::keep_results::KeepResults;
    use crate::runtime::Instant;
    use crate::sender::echo::Echo;
    use crate::storage::heap::backed::Backed;

    #[test]
    fn it_takes_all_in_their_order_and_gives_the_memory_of_a_burst_back() {
        let (storage, mut inbox) = Lean::<Echo>::new(None, KeepResults::default());
        let cx = Context::from_waker(Waker::noop());
        let mut hand = None;
        for (burst, keeps) in [(KEPT as u64, true), (5 * KEPT as u64, false)] {
            for request in 0..burst {
                drop(storage.push(&mut Some(request), Instant::NEVER).unwrap());
            }
            for request in 0..burst {
                assert_eq!(storage.len() as u64, burst - request);
                assert_eq!(inbox.poll_next(&mut hand, &cx), Poll::Ready(true));
                assert_eq!(hand.take().map(|entry| *entry.request()), Some(request));
            }
            assert!(!inbox.next_left(&mut hand) && inbox.batch.capacity() > 0);
            assert_eq!(inbox.poll_next(&mut hand, &cx), Poll::Pending);
            assert_eq!((storage.len(), inbox.batch.capacity() > 0), (0, keeps));
        }
    }
}
