//! The results queue on the heap, bounded by its policy.

use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, ready};

use concurrent_queue::PopError;
use event_listener::{Event, EventListener, IntoNotification};
use futures::future::FutureExt;
use futures::stream::{FusedStream, Stream};

use super::backed::{Backed, Common};
use super::lazy_queue::LazyQueue;
use super::life::Life;
use crate::contain::contain;
use crate::results::{Bound, KeepResults, Overflow};
use crate::sender::MessageSender;
use crate::stats::Counter;
use crate::storage::{AnswerOf, Phase};

/// Responses that wait for a consumer. The worker is the only producer.
pub(in crate::storage) struct ResultsQueue<S: MessageSender> {
    queue: LazyQueue<AnswerOf<S>>,
    /// Wakes one consumer for each response, in turn of waiting.
    arrived: Event,
    keep: KeepResults,
    consumers: AtomicUsize,
}

impl<S: MessageSender> ResultsQueue<S> {
    pub(in crate::storage) fn new(keep: KeepResults) -> Self {
        Self { queue: LazyQueue::new(), arrived: Event::new(), keep, consumers: AtomicUsize::new(0) }
    }

    pub(in crate::storage) fn wanted(&self) -> bool {
        self.keep.always.unwrap_or_else(|| self.consumers.load(Ordering::SeqCst) > 0)
    }

    /// Puts a response into the queue, or drops one. A worker that is to wait for room waits after that: at its end there is
    /// nothing then that is still to be put there. Tells whether it need not wait.
    pub(in crate::storage) fn publish(&self, answer: AnswerOf<S>, dropped: &Counter) -> bool {
        let Some(Bound { capacity, overflow }) = self.keep.bound else {
            self.push(answer);
            return true;
        };
        let is_full = self.queue.len() >= capacity.get();
        match overflow {
            Overflow::DropNewest if is_full => {
                dropped.add_one();
                contain(|| drop(answer));
            }
            Overflow::DropOldest if is_full => {
                if let Ok(oldest) = self.queue.pop() {
                    dropped.add_one();
                    contain(|| drop(oldest));
                }
                self.push(answer);
            }
            _ => self.push(answer),
        }
        !self.holds_too_many()
    }

    /// Wakes consumers, so it runs foreign code.
    fn push(&self, answer: AnswerOf<S>) {
        // It is closed at the worker's end.
        let _ = self.queue.push(answer);
        contain(|| self.arrived.notify(1.additional()));
    }

    fn holds_too_many(&self) -> bool {
        self.keep.bound.is_some_and(|bound| self.queue.len() > bound.capacity.get())
    }

    /// See [`Inbox::poll_published`](crate::storage::Inbox::poll_published).
    pub(in crate::storage) fn poll_published(&self, life: &Life, cx: &Context<'_>) -> Poll<()> {
        let must_wait = || self.holds_too_many() && self.wanted() && life.phase() == Phase::Open;
        if must_wait() {
            life.register_worker(cx);
            // A consumer that came before does not know.
            if must_wait() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    pub(in crate::storage) fn end(&self) {
        self.queue.close();
        self.arrived.notify(usize::MAX);
    }

    fn add_consumer(&self) {
        self.consumers.fetch_add(1, Ordering::SeqCst);
    }

    fn remove_consumer(&self, life: &Life) {
        // What nobody reads is not kept, unless asked for.
        if self.consumers.fetch_sub(1, Ordering::SeqCst) == 1 && self.keep.always.is_none() {
            self.queue.drain().for_each(drop);
            self.let_go_on(life);
        }
    }

    /// There may be room again.
    fn let_go_on(&self, life: &Life) {
        if self.keep.bound.is_some() {
            life.wake_worker();
        }
    }
}

/// A consumer of the results queue.
pub struct Responses<S: MessageSender, B: Backed<S>> {
    storage: B,
    waiting: Option<EventListener>,
    sender: PhantomData<fn() -> S>,
}

impl<S: MessageSender, B: Backed<S>> Responses<S, B> {
    pub(in crate::storage) fn new(storage: B) -> Self {
        storage.common().results.add_consumer();
        Self { storage, waiting: None, sender: PhantomData }
    }
}

impl<S: MessageSender, B: Backed<S>> Unpin for Responses<S, B> {}

impl<S: MessageSender, B: Backed<S>> Stream for Responses<S, B> {
    type Item = AnswerOf<S>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { storage, waiting, .. } = &mut *self;
        let Common { results, life, .. } = storage.common();
        loop {
            if let Some(listener) = waiting {
                ready!(listener.poll_unpin(cx));
                *waiting = None;
            }
            match results.queue.pop() {
                Ok(answer) => {
                    results.let_go_on(life);
                    return Poll::Ready(Some(answer));
                }
                Err(PopError::Closed) => return Poll::Ready(None),
                Err(PopError::Empty) => {}
            }
            // One may come before there is a listener: then there is no need to wait.
            let listener = results.arrived.listen();
            if results.queue.is_empty() && !results.queue.is_closed() {
                *waiting = Some(listener);
            }
        }
    }
}

impl<S: MessageSender, B: Backed<S>> FusedStream for Responses<S, B> {
    fn is_terminated(&self) -> bool {
        let queue = &self.storage.common().results.queue;
        queue.is_closed() && queue.is_empty()
    }
}

impl<S: MessageSender, B: Backed<S>> fmt::Debug for Responses<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses").finish_non_exhaustive()
    }
}

impl<S: MessageSender, B: Backed<S>> Drop for Responses<S, B> {
    fn drop(&mut self) {
        let common = self.storage.common();
        common.results.remove_consumer(&common.life);
    }
}
