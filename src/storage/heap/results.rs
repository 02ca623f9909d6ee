//! The results queue on the heap: made when a consumer or the builder wants it, bounded by its policy.

use core::fmt;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::{Context, Poll, ready};

use async_channel::{Receiver, TryRecvError};
use event_listener::{Event, EventListener, IntoNotification};
use futures::future::FutureExt;
use futures::stream::{FusedStream, Stream};

use super::backed::Backed;
use super::lazy_queue::LazyQueue;
use super::life::Life;
use crate::results::{Bound, KeepResults, Overflow};
use crate::sender::MessageSender;
use crate::storage::{AnswerOf, Phase};

/// Responses that wait for a consumer. The worker is the only producer.
pub(in crate::storage) struct ResultsQueue<A> {
    queue: LazyQueue<A>,
    policy: KeepResults,
    consumers: AtomicUsize,
    dropped: AtomicUsize,
    ended: AtomicBool,
    /// Wakes one consumer for each response, in turn of waiting. The channel's own stream would wake them all.
    arrived: Event,
    /// How many consumers wait. They step here before they look for the last time, the worker does after a response is in
    /// the queue: most often it sees that nobody is to be woken, and an event would cost three steps to ask.
    waiting: AtomicUsize,
    /// Whether the worker waits for room in a bounded queue. Each side swaps it after what the other is to see.
    is_awaited: AtomicBool,
}

impl<A> ResultsQueue<A> {
    pub(in crate::storage) const fn new(policy: KeepResults) -> Self {
        Self {
            queue: LazyQueue::new(),
            policy,
            consumers: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            arrived: Event::new(),
            waiting: AtomicUsize::new(0),
            is_awaited: AtomicBool::new(false),
        }
    }

    pub(in crate::storage) fn wanted(&self) -> bool {
        match self.policy.always {
            Some(always) => always,
            None => self.consumers.load(Ordering::SeqCst) > 0,
        }
    }

    pub(in crate::storage) fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Puts a response into the queue, by the policy; see [`Storage::poll_publish`](crate::storage::Storage::poll_publish).
    pub(in crate::storage) fn poll_publish(
        &self,
        unpublished: &mut Option<A>,
        life: &Life,
        cx: &Context<'_>,
    ) -> Poll<()> {
        if let Some(bound) = self.policy.bound {
            ready!(self.poll_room(bound, unpublished, life, cx));
        }
        if let Some(answer) = unpublished.take()
            && self.queue.channel().0.try_send(answer).is_ok()
            && self.waiting.fetch_add(0, Ordering::AcqRel) > 0
        {
            self.wake_one();
        }
        Poll::Ready(())
    }

    /// Ready once a bounded queue has room for the response, or nobody wants it any more: it is gone then.
    #[cold]
    fn poll_room(
        &self,
        bound: Bound,
        unpublished: &mut Option<A>,
        life: &Life,
        cx: &Context<'_>,
    ) -> Poll<()> {
        let (queue, oldest) = self.queue.channel();
        let full = || queue.len() >= bound.capacity.get();
        match bound.overflow {
            Overflow::Wait => {
                let must_wait = || full() && self.wanted() && life.phase() == Phase::Open;
                if must_wait() {
                    life.register_worker(cx);
                    self.is_awaited.swap(true, Ordering::AcqRel);
                    // A consumer that came before does not know.
                    if must_wait() {
                        return Poll::Pending;
                    }
                }
                // The last consumer may have left while we waited.
                if !self.wanted() {
                    *unpublished = None;
                }
            }
            Overflow::DropOldest => {
                if full() && oldest.try_recv().is_ok() {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            Overflow::DropNewest => {
                if full() {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                    *unpublished = None;
                }
            }
        }
        Poll::Ready(())
    }

    #[cold]
    fn wake_one(&self) {
        self.arrived.notify(1.additional());
    }

    fn start_waiting(&self) -> EventListener {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        self.arrived.listen()
    }

    pub(in crate::storage) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some((queue, _)) = self.queue.existing() {
            queue.close();
        }
        self.arrived.notify(usize::MAX);
    }

    fn consumer(&self) -> Receiver<A> {
        self.consumers.fetch_add(1, Ordering::SeqCst);
        let (queue, receiver) = self.queue.channel();
        // `end` may not have seen the queue that was just made.
        if self.ended.load(Ordering::SeqCst) {
            queue.close();
        }
        receiver.clone()
    }

    /// There may be room again.
    fn let_go_on(&self, life: &Life) {
        if self.policy.bound.is_some() && self.is_awaited.swap(false, Ordering::AcqRel) {
            life.wake_worker();
        }
    }

    fn consumer_left(&self, life: &Life) {
        let last = self.consumers.fetch_sub(1, Ordering::SeqCst) == 1;
        // What nobody reads is not kept, unless asked for.
        if last && self.policy.always.is_none() {
            drop(self.queue.take());
        }
        if last {
            self.let_go_on(life);
        }
    }
}

/// A consumer of the results queue.
pub struct Responses<S: MessageSender, B: Backed<S>> {
    storage: B,
    queue: Receiver<AnswerOf<S>>,
    waiting: Option<EventListener>,
}

impl<S: MessageSender, B: Backed<S>> Responses<S, B> {
    pub(in crate::storage) fn new(storage: B) -> Self {
        let queue = storage.common().results.consumer();
        Self { storage, queue, waiting: None }
    }

    #[inline]
    fn stop_waiting(&mut self) {
        if self.waiting.take().is_some() {
            self.storage.common().results.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<AnswerOf<S>>> {
        loop {
            if let Some(listener) = &mut self.waiting {
                ready!(listener.poll_unpin(cx));
                self.stop_waiting();
            }
            // A response may come between a look at an empty queue and the listening: look once more then.
            for listening in [false, true] {
                match self.queue.try_recv() {
                    Ok(answer) => {
                        self.stop_waiting();
                        self.note_taken();
                        return Poll::Ready(Some(answer));
                    }
                    Err(TryRecvError::Closed) => {
                        self.stop_waiting();
                        return Poll::Ready(None);
                    }
                    Err(TryRecvError::Empty) if listening => {}
                    Err(TryRecvError::Empty) => {
                        self.waiting = Some(self.storage.common().results.start_waiting());
                    }
                }
            }
        }
    }

    /// There may be room again.
    #[inline]
    fn note_taken(&self) {
        let common = self.storage.common();
        common.results.let_go_on(&common.life);
    }
}

impl<S: MessageSender, B: Backed<S>> Unpin for Responses<S, B> {}

impl<S: MessageSender, B: Backed<S>> Stream for Responses<S, B> {
    type Item = AnswerOf<S>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Who does not wait yet may find one there already.
        if self.waiting.is_none()
            && let Ok(answer) = self.queue.try_recv()
        {
            self.note_taken();
            return Poll::Ready(Some(answer));
        }
        self.wait(cx)
    }
}

impl<S: MessageSender, B: Backed<S>> FusedStream for Responses<S, B> {
    fn is_terminated(&self) -> bool {
        self.queue.is_closed() && self.queue.is_empty()
    }
}

impl<S: MessageSender, B: Backed<S>> fmt::Debug for Responses<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses").finish_non_exhaustive()
    }
}

impl<S: MessageSender, B: Backed<S>> Drop for Responses<S, B> {
    fn drop(&mut self) {
        self.stop_waiting();
        let common = self.storage.common();
        common.results.consumer_left(&common.life);
    }
}
