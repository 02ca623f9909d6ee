//! The results queue on the heap: made when a consumer or the builder wants it, bounded by its policy.

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::task::{Context, Poll, ready};

use event_listener::{Event, EventListener, IntoNotification};
use futures::future::FutureExt;
use futures::stream::{FusedStream, Stream};

use super::backed::Backed;
use super::life::Life;
use super::line::Line;
use crate::contain::contain;
use crate::results::{Answer, Bound, KeepResults, Overflow};
use crate::sender::MessageSender;
use crate::stats::Counter;
use crate::storage::{AnswerOf, Phase};

/// Responses that wait for a consumer. The worker is the only producer.
///
/// In this order: what the worker looks at for each request is at the end.
#[repr(C)]
pub(in crate::storage) struct ResultsQueue<L> {
    line: L,
    bounded: Option<Box<Bounded>>,
    /// Wakes one consumer for each response, in turn of waiting. The channel's own stream would wake them all.
    arrived: Event,
    /// How many consumers wait. They step here before they look for the last time, the worker does after a response is in
    /// the queue: most often it sees that nobody is to be woken, and an event would cost three steps to ask.
    waiting: AtomicU32,
    ended: AtomicBool,
    /// Whether consumers are to find nothing.
    is_off: bool,
    /// How many want responses: the consumers, unless it was said that none are kept, and whoever said that all are.
    wanted: AtomicU32,
}

struct Bounded {
    bound: Bound,
    /// Whether the worker waits for room. Each side swaps it after what the other is to see.
    is_awaited: AtomicBool,
}

impl<L> ResultsQueue<L> {
    pub(in crate::storage) fn new(policy: KeepResults) -> Self
    where
        L: Default,
    {
        Self {
            line: L::default(),
            bounded: policy
                .bound
                .map(|bound| Box::new(Bounded { bound, is_awaited: AtomicBool::new(false) })),
            arrived: Event::new(),
            waiting: AtomicU32::new(0),
            ended: AtomicBool::new(false),
            is_off: policy.always == Some(false),
            wanted: AtomicU32::new(u32::from(policy.always == Some(true))),
        }
    }

    pub(in crate::storage) fn wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst) > 0
    }

    /// See [`Inbox::publish`](crate::storage::Inbox::publish).
    #[expect(
        clippy::inline_always,
        reason = "on the way of each response: what is known of it is known to the end"
    )]
    #[inline(always)]
    pub(in crate::storage) fn publish<'a, M, R>(
        &self,
        answer: Answer<M, R>,
        dropped: impl FnOnce() -> &'a Counter,
    ) -> bool
    where
        L: Line<M, R>,
    {
        if let Some(bounded) = &self.bounded {
            return bounded.publish(answer, &self.line, dropped);
        }
        self.line.push(answer);
        true
    }

    /// See [`Inbox::poll_published`](crate::storage::Inbox::poll_published).
    pub(in crate::storage) fn poll_published<M, R>(&self, life: &Life, cx: &Context<'_>) -> Poll<()>
    where
        L: Line<M, R>,
    {
        self.announce();
        let Some(bounded) = &self.bounded else { return Poll::Ready(()) };
        let must_wait = || bounded.holds_too_many(&self.line) && self.wanted() && life.phase() == Phase::Open;
        if must_wait() {
            life.register_worker(cx);
            bounded.is_awaited.swap(true, Ordering::AcqRel);
            // A consumer that came before does not know.
            if must_wait() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Wakes who waits for the response that was put into the queue.
    #[inline]
    pub(in crate::storage) fn announce(&self) {
        if self.waiting.fetch_add(0, Ordering::AcqRel) > 0 {
            self.wake_one();
        }
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
        self.arrived.notify(usize::MAX);
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    fn add_consumer(&self) {
        if !self.is_off {
            self.wanted.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// There may be room again.
    #[inline]
    fn let_go_on(&self, life: &Life) {
        if let Some(bounded) = &self.bounded {
            bounded.let_go_on(life);
        }
    }

    fn consumer_left<M, R>(&self, life: &Life)
    where
        L: Line<M, R>,
    {
        // What nobody reads is not kept, unless asked for.
        if !self.is_off && self.wanted.fetch_sub(1, Ordering::SeqCst) == 1 {
            while self.line.pop().is_some() {}
            self.let_go_on(life);
        }
    }
}

impl Bounded {
    /// Puts a response into the queue, or drops one. The worker that waits for room waits after that: at its end there is
    /// nothing then that is still to be put there.
    #[cold]
    fn publish<'a, M, R>(
        &self,
        answer: Answer<M, R>,
        line: &impl Line<M, R>,
        dropped: impl FnOnce() -> &'a Counter,
    ) -> bool {
        let full = line.len() >= self.bound.capacity.get();
        match self.bound.overflow {
            Overflow::DropOldest if full => {
                let oldest = line.pop();
                if oldest.is_some() {
                    dropped().add_one();
                }
                line.push(answer);
                contain(|| drop(oldest));
            }
            Overflow::DropNewest if full => {
                dropped().add_one();
                contain(|| drop(answer));
            }
            _ => line.push(answer),
        }
        !self.holds_too_many(line)
    }

    fn holds_too_many<M, R>(&self, line: &impl Line<M, R>) -> bool {
        line.len() > self.bound.capacity.get()
    }

    #[cold]
    fn let_go_on(&self, life: &Life) {
        if self.is_awaited.swap(false, Ordering::AcqRel) {
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

    #[inline]
    fn results(&self) -> &ResultsQueue<B::Line> {
        &self.storage.common().results
    }

    #[inline]
    fn stop_waiting(&mut self) {
        if self.waiting.take().is_some() {
            self.results().waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// The next response, if one is there.
    #[inline]
    fn take(&self) -> Option<AnswerOf<S>> {
        let common = self.storage.common();
        let answer = common.results.line.pop()?;
        // There may be room again.
        common.results.let_go_on(&common.life);
        Some(answer)
    }

    #[cold]
    #[inline(never)]
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<AnswerOf<S>>> {
        loop {
            if let Some(listener) = &mut self.waiting {
                ready!(listener.poll_unpin(cx));
                self.stop_waiting();
            }
            // A response may come between a look at an empty queue and the listening: look once more then.
            for listening in [false, true] {
                let mut answer = self.take();
                if answer.is_none() && self.results().has_ended() {
                    // It may have come just before the end.
                    answer = self.take();
                } else if answer.is_none() {
                    if !listening {
                        self.waiting = Some(self.results().start_waiting());
                    }
                    continue;
                }
                self.stop_waiting();
                return Poll::Ready(answer);
            }
        }
    }
}

impl<S: MessageSender, B: Backed<S>> Unpin for Responses<S, B> {}

impl<S: MessageSender, B: Backed<S>> Stream for Responses<S, B> {
    type Item = AnswerOf<S>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Who does not wait yet may find one there already.
        if self.waiting.is_none()
            && let Some(answer) = self.take()
        {
            return Poll::Ready(Some(answer));
        }
        self.wait(cx)
    }
}

impl<S: MessageSender, B: Backed<S>> FusedStream for Responses<S, B> {
    fn is_terminated(&self) -> bool {
        self.results().has_ended() && self.results().line.len() == 0
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
