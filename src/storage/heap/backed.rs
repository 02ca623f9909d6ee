//! What the storages on the heap have in common: all but the queue of requests and the places of their replies.

use alloc::vec::Vec;
use core::num::NonZeroUsize;
use core::task::{Context, Poll};

use super::bound::Bound;
use super::lazy_queue::LazyQueue;
use super::life::Life;
use super::results::ResultsQueue;
use crate::keep_results::KeepResults;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::{Counters, Turns};
use crate::storage::{AnswerOf, Enqueued, Receipt, Refused, Taken, sealed};
use crate::strategy::RequestId;

pub struct Common<S: MessageSender> {
    pub(in crate::storage) bound: Bound,
    pub(in crate::storage) results: ResultsQueue<S>,
    pub(in crate::storage) life: Life,
    pub(in crate::storage) turns: Turns,
    pub(in crate::storage) counters: Counters,
    unsent: LazyQueue<S::Request>,
    /// Requests whose tickets were cancelled, where a reply does not say so.
    pub(super) cancelled: LazyQueue<RequestId>,
}

impl<S: MessageSender> Common<S> {
    pub(in crate::storage) fn new(capacity: Option<NonZeroUsize>, results: KeepResults) -> Self {
        Self {
            bound: Bound::new(capacity),
            results: ResultsQueue::new(results),
            life: Life::new(),
            turns: Turns::new(),
            counters: Counters::new(),
            unsent: LazyQueue::new(),
            cancelled: LazyQueue::new(),
        }
    }

    pub(in crate::storage) fn keep_unsent(&self, request: S::Request) {
        // It is never closed.
        let _ = self.unsent.push(request);
    }

    pub(in crate::storage) fn take_unsent(&self) -> Vec<S::Request> {
        self.unsent.drain().collect()
    }

    /// See [`Inbox::publish`](crate::storage::Inbox::publish).
    pub(in crate::storage) fn publish(&self, answer: AnswerOf<S>) -> bool {
        self.results.publish(answer, &self.counters.results_dropped)
    }

    /// See [`Inbox::poll_published`](crate::storage::Inbox::poll_published).
    pub(in crate::storage) fn poll_published(&self, cx: &Context<'_>) -> Poll<()> {
        self.results.poll_published(&self.life, cx)
    }
}

/// A storage on the heap: a queue of requests and the places of their replies, beside what is [`Common`].
pub trait Backed<S: MessageSender>: Clone + Unpin + sealed::Sealed {
    type Reply;
    type Receipt: Receipt<S>;
    type Taken: Taken<S, Self::Reply>;
    type Inbox;

    fn common(&self) -> &Common<S>;

    /// Enqueues a request for which the bound has been kept, unless the queue is closed.
    fn push(&self, request: &mut Option<S::Request>, queued_at: Instant) -> Enqueued<Self::Receipt>;

    fn is_closed(&self) -> bool;

    /// Takes no request any more.
    fn close(&self);

    fn len(&self) -> usize;

    /// Enqueues a request even if the queue is full: for one that was promised room.
    #[cfg(feature = "tower")]
    fn enqueue_beyond_bound(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Self::Receipt> {
        self.common().bound.exceed();
        self.push(request, queued_at)
    }

    /// Why a request finds no room.
    fn refuse(&self) -> Refused {
        if self.is_closed() { Refused::Closing } else { Refused::Full }
    }
}

/// Makes a [`Storage`](crate::storage::Storage) of what is [`Backed`]. A blanket impl would collide with the other storages'.
macro_rules! storage_on_the_heap {
    ($storage:ident) => {
        impl<S: $crate::sender::MessageSender> $crate::storage::Storage<S> for $storage<S> {
            type Reply = <Self as $crate::storage::heap::backed::Backed<S>>::Reply;
            type Receipt = <Self as $crate::storage::heap::backed::Backed<S>>::Receipt;
            type Taken = <Self as $crate::storage::heap::backed::Backed<S>>::Taken;
            type Wait = $crate::storage::heap::waiters::Wait;
            type Inbox = <Self as $crate::storage::heap::backed::Backed<S>>::Inbox;
            type Unsent = ::alloc::vec::Vec<S::Request>;
            type Responses = $crate::storage::heap::results::Responses<S, Self>;

            #[inline]
            fn try_enqueue(
                &self,
                request: &mut Option<S::Request>,
                queued_at: $crate::runtime::Instant,
            ) -> $crate::storage::Enqueued<Self::Receipt> {
                // Whether it is closed, the queue knows.
                if !self.common().bound.enter() {
                    return Err(self.refuse());
                }
                self.push(request, queued_at)
            }

            fn poll_room(
                &self,
                wait: &mut Self::Wait,
                cx: &mut ::core::task::Context<'_>,
            ) -> ::core::task::Poll<()> {
                self.common().bound.poll_room(wait, || self.is_closed(), cx)
            }

            fn others_wait(&self) -> bool {
                let $crate::storage::heap::backed::Common { bound, results, .. } = self.common();
                bound.others_wait() || results.others_wait()
            }

            fn tell_one_more(&self) -> bool {
                let $crate::storage::heap::backed::Common { bound, results, .. } = self.common();
                bound.tell_one_more() | results.tell_one_more()
            }

            fn queued(&self) -> usize {
                self.len()
            }

            fn turns(&self) -> &$crate::stats::Turns {
                &self.common().turns
            }

            fn counters(&self) -> &$crate::stats::Counters {
                &self.common().counters
            }

            fn subscribe(&self) -> Self::Responses {
                $crate::storage::heap::results::Responses::new(self.clone())
            }

            fn wants_results(&self) -> bool {
                self.common().results.wanted()
            }

            fn end_results(&self) {
                self.common().results.end();
            }

            fn add_handle(&self) {
                self.common().life.add_handle();
            }

            fn remove_handle(&self) {
                if self.common().life.remove_handle() {
                    self.advance($crate::storage::Phase::Closing);
                }
            }

            fn phase(&self) -> $crate::storage::Phase {
                self.common().life.phase()
            }

            fn advance(&self, to: $crate::storage::Phase) {
                let $crate::storage::heap::backed::Common { life, bound, .. } = self.common();
                let advanced = life.advance(to);
                if advanced {
                    match to {
                        $crate::storage::Phase::Aborting => $crate::trace::aborting(self.len()),
                        _ => $crate::trace::closing(self.len()),
                    }
                }
                self.close();
                if advanced {
                    life.wake_worker();
                }
                bound.lift();
            }

            fn poll_abort(&self, cx: &mut ::core::task::Context<'_>) -> ::core::task::Poll<()> {
                self.common().life.poll_abort(cx)
            }

            fn keep_unsent(&self, request: S::Request) {
                self.common().keep_unsent(request);
            }

            fn take_unsent(&self) -> Self::Unsent {
                self.common().take_unsent()
            }

            fn stop(&self, exit: $crate::storage::Exit) {
                let $crate::storage::heap::backed::Common { life, bound, results, .. } = self.common();
                life.stop(exit);
                $crate::trace::stopped(&exit);
                self.close();
                bound.lift();
                results.end();
            }

            fn poll_stopped(
                &self,
                wait: &mut Self::Wait,
                cx: &mut ::core::task::Context<'_>,
            ) -> ::core::task::Poll<$crate::storage::Exit> {
                self.common().life.poll_stopped(wait, cx)
            }

            fn make_room_for<F: ::core::future::Future>(
                rare: F,
            ) -> impl ::core::future::Future<Output = F::Output> {
                ::alloc::boxed::Box::pin(rare)
            }
        }
    };
}

pub(in crate::storage) use storage_on_the_heap;
