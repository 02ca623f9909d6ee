//! The results queue on the heap, bounded by its policy.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};

use concurrent_queue::{ConcurrentQueue, PopError};
use futures::stream::{FusedStream, Stream};
use once_cell::race::OnceBox;

use super::life::Life;
use super::queue::Queue;
use super::waiters::{Wait, Waiters};
use super::{Heap, Shared};
use crate::contain::contain;
use crate::keep_results::{KeepResults, Overflow};
use crate::life::Phase;
use crate::sender::MessageSender;
use crate::stats::Counter;
use crate::storage::AnswerOf;

/// Answers that wait for a consumer. The worker is the only producer.
pub(super) struct ResultsQueue<S: MessageSender> {
    /// Created on first use, or at the worker's end: an empty one takes 400 bytes, and many runners never need it.
    queue: OnceBox<ConcurrentQueue<AnswerOf<S>>>,
    pub(super) arrived: Waiters,
    keep: KeepResults,
    /// The number of consumers in units of [`CONSUMER`], and the flag [`CLEARING`].
    consumers: AtomicUsize,
}

/// Set while the last consumer removes the responses that it leaves unread. New consumers wait meanwhile, so that
/// only responses from before them are removed.
const CLEARING: usize = 1;
const CONSUMER: usize = 2;

impl<S: MessageSender> ResultsQueue<S> {
    pub(super) fn new(keep: KeepResults) -> Self {
        Self { queue: OnceBox::new(), arrived: Waiters::new(), keep, consumers: AtomicUsize::new(0) }
    }

    fn queue(&self) -> &ConcurrentQueue<AnswerOf<S>> {
        self.queue.get_or_init(|| Box::new(ConcurrentQueue::unbounded()))
    }

    fn holds_any(&self) -> bool {
        self.queue.get().is_some_and(|queue| !queue.is_empty())
    }

    pub(super) fn wanted(&self) -> bool {
        self.keep.wants(|| self.consumers.load(Ordering::SeqCst) >= CONSUMER)
    }

    /// Implements [`Storage::poll_publish`](crate::storage::Storage::poll_publish). A response that waits for room
    /// can be read already, so that nothing is left to be published when the worker ends.
    pub(super) fn poll_publish(
        &self,
        answer: &mut Option<AnswerOf<S>>,
        dropped: &Counter,
        life: &Life,
        cx: &Context<'_>,
    ) -> Poll<()> {
        if let Some(answer) = answer.take() {
            self.publish(answer, dropped);
        }
        let must_wait = || self.holds_too_many() && self.wanted() && life.phase() == Phase::Open;
        if must_wait() {
            life.register_worker(cx);
            // A consumer that made room before this did not wake the worker.
            if must_wait() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Puts a response into the queue. If the queue is full, the policy may drop it or the oldest one.
    fn publish(&self, answer: AnswerOf<S>, dropped: &Counter) {
        let Some(capacity) = self.keep.capacity else { return self.push(answer) };
        // Responses that a leaving consumer removes no longer count.
        let is_clearing = self.consumers.load(Ordering::SeqCst) & CLEARING != 0;
        let is_full = self.queue().len() >= capacity.get() && !is_clearing;
        match self.keep.overflow {
            Overflow::DropNewest if is_full => {
                dropped.add_one();
                contain(|| drop(answer));
            }
            Overflow::DropOldest if is_full => {
                if let Ok(oldest) = self.queue().pop() {
                    dropped.add_one();
                    contain(|| drop(oldest));
                }
                self.push(answer);
            }
            _ => self.push(answer),
        }
    }

    fn push(&self, answer: AnswerOf<S>) {
        // The queue is closed only when the worker ends.
        let _ = self.queue().push(answer);
        self.arrived.tell();
    }

    /// Returns true if a consumer may wait for a response although there is one.
    pub(super) fn others_wait(&self) -> bool {
        self.arrived.may_have_untold() && self.holds_any()
    }

    fn holds_too_many(&self) -> bool {
        self.keep.capacity.is_some_and(|capacity| self.queue().len() > capacity.get())
    }

    pub(super) fn end(&self) {
        self.queue().close();
        self.arrived.tell_all();
    }

    fn add_consumer(&self) {
        self.consumers.fetch_add(CONSUMER, Ordering::SeqCst);
    }

    fn remove_consumer(&self, life: &Life) {
        let was_last = self.consumers.fetch_sub(CONSUMER, Ordering::SeqCst) == CONSUMER;
        // Unread responses are not kept, unless the policy says so.
        if was_last && self.keep.is_for_present_consumers() {
            self.clear(life);
        }
    }

    /// Drops the responses that no consumer reads any more. If another consumer comes first, it gets them.
    fn clear(&self, life: &Life) {
        let begin = || self.consumers.compare_exchange(0, CLEARING, Ordering::SeqCst, Ordering::SeqCst);
        while self.holds_any() && begin().is_ok() {
            let left = self.queue().len();
            // The worker publishes only for consumers, so without a new consumer `left` counts only old responses.
            let is_left_over = self.consumers.load(Ordering::SeqCst) == CLEARING;
            let unread: Vec<_> = self.queue().try_iter().take(if is_left_over { left } else { 0 }).collect();
            self.consumers.fetch_and(!CLEARING, Ordering::SeqCst);
            self.arrived.tell_all();
            self.let_go_on(life);
            for answer in unread {
                contain(|| drop(answer));
            }
        }
        self.let_go_on(life);
    }

    /// Takes the next response. Ready with `None` if none will come.
    fn poll_take(&self) -> Poll<Option<AnswerOf<S>>> {
        if self.consumers.load(Ordering::SeqCst) & CLEARING != 0 {
            return Poll::Pending;
        }
        match self.queue().pop() {
            Ok(answer) => Poll::Ready(Some(answer)),
            Err(PopError::Closed) => Poll::Ready(None),
            Err(PopError::Empty) => Poll::Pending,
        }
    }

    /// Wakes the worker, as there may be room again.
    fn let_go_on(&self, life: &Life) {
        if self.keep.capacity.is_some() {
            life.wake_worker();
        }
    }
}

/// A consumer of the results queue.
pub struct Responses<S: MessageSender, Q: Queue<S>> {
    storage: Heap<S, Q>,
    wait: Wait,
}

impl<S: MessageSender, Q: Queue<S>> Responses<S, Q> {
    pub(super) fn new(storage: Heap<S, Q>) -> Self {
        storage.0.results.add_consumer();
        Self { storage, wait: Wait::default() }
    }
}

impl<S: MessageSender, Q: Queue<S>> Stream for Responses<S, Q> {
    type Item = AnswerOf<S>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { storage, wait } = &mut *self;
        let Shared { results, life, .. } = &*storage.0;
        let next = wait.poll(&results.arrived, cx, || results.poll_take());
        if let Poll::Ready(Some(_)) = next {
            results.let_go_on(life);
        }
        next
    }
}

impl<S: MessageSender, Q: Queue<S>> FusedStream for Responses<S, Q> {
    fn is_terminated(&self) -> bool {
        let queue = self.storage.0.results.queue();
        queue.is_closed() && queue.is_empty()
    }
}

impl<S: MessageSender, Q: Queue<S>> Drop for Responses<S, Q> {
    fn drop(&mut self) {
        let Shared { results, life, .. } = &*self.storage.0;
        results.remove_consumer(life);
    }
}
