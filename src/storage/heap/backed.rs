//! What the storages on the heap have in common: all but the queue of requests and the places of their replies.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::num::NonZeroUsize;
#[cfg(feature = "tower")]
use core::task::ready;
use core::task::{Context, Poll};

use async_channel::Receiver;
use once_cell::race::OnceBox;

use super::bound::Bound;
#[cfg(feature = "tower")]
use super::bound::Room;
use super::lazy_queue::LazyQueue;
use super::life::Life;
use super::line::Line;
use super::results::ResultsQueue;
use crate::results::KeepResults;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::{Counters, Turns};
use crate::storage::{AnswerOf, Enqueued, Receipt, Refused, Taken, sealed};
use crate::strategy::RequestId;

/// In this order: what the worker writes is at the end, far from what callers write.
#[repr(C)]
pub struct Common<S: MessageSender, L> {
    rare: OnceBox<Rare<S>>,
    pub(in crate::storage) bound: Bound,
    pub(in crate::storage) results: ResultsQueue<L>,
    pub(in crate::storage) life: Life,
    pub(in crate::storage) turns: Turns,
}

/// What many runners never need. It takes no memory before.
struct Rare<S: MessageSender> {
    counters: Counters,
    /// Requests whose tickets were cancelled, where a reply does not say so.
    cancelled: LazyQueue<RequestId>,
    unsent: LazyQueue<S::Request>,
}

impl<S: MessageSender, L: Default> Common<S, L> {
    pub(in crate::storage) fn new(capacity: Option<NonZeroUsize>, results: KeepResults) -> Self {
        Self {
            rare: OnceBox::new(),
            bound: Bound::new(capacity),
            results: ResultsQueue::new(results),
            life: Life::new(),
            turns: Turns::new(),
        }
    }
}

impl<S: MessageSender, L> Common<S, L> {
    fn rare(&self) -> &Rare<S> {
        self.rare.get_or_init(|| {
            let (cancelled, unsent) = (LazyQueue::new(), LazyQueue::new());
            Box::new(Rare { counters: Counters::new(), cancelled, unsent })
        })
    }

    pub(in crate::storage) fn note_cancelled(&self, id: RequestId) {
        self.rare().cancelled.push(id);
    }

    /// The requests of which that was noted, if there ever was one.
    pub(in crate::storage) fn cancelled(&self) -> Option<&Receiver<RequestId>> {
        self.rare.get()?.cancelled.receiver()
    }

    pub(in crate::storage) fn counters(&self) -> &Counters {
        &self.rare().counters
    }

    pub(in crate::storage) fn keep_unsent(&self, request: S::Request) {
        self.rare().unsent.push(request);
    }

    pub(in crate::storage) fn take_unsent(&self) -> Vec<S::Request> {
        self.rare.get().map_or_else(Vec::new, |rare| rare.unsent.take())
    }

    /// See [`Inbox::publish`](crate::storage::Inbox::publish).
    #[expect(
        clippy::inline_always,
        reason = "on the way of each response: what is known of it is known to the end"
    )]
    #[inline(always)]
    pub(in crate::storage) fn publish(&self, answer: AnswerOf<S>) -> bool
    where
        L: Line<S::Message, S::Rejection>,
    {
        self.results.publish(answer, || &self.counters().results_dropped)
    }

    /// See [`Inbox::poll_published`](crate::storage::Inbox::poll_published).
    pub(in crate::storage) fn poll_published(&self, cx: &Context<'_>) -> Poll<()>
    where
        L: Line<S::Message, S::Rejection>,
    {
        self.results.poll_published(&self.life, cx)
    }
}

/// A storage on the heap: a queue of requests and the places of their replies, beside what is [`Common`].
pub trait Backed<S: MessageSender>: Clone + Unpin + sealed::Sealed {
    type Reply;
    type Receipt: Receipt<S>;
    type Taken: Taken<S, Self::Reply>;
    type Inbox;
    /// Where responses wait to be read.
    type Line: Line<S::Message, S::Rejection>;

    fn common(&self) -> &Common<S, Self::Line>;

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

    /// Ready once the queue has room, for one who may not use it.
    #[cfg(feature = "tower")]
    fn poll_room_in_passing(&self, room: &mut Room, cx: &mut Context<'_>) -> Poll<()> {
        let waited = room.is_waiting();
        ready!(self.common().bound.poll_room(room, || self.is_closed(), cx));
        if waited {
            self.common().bound.pass_on();
        }
        Poll::Ready(())
    }

    /// Why a request finds no room.
    #[cold]
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
            type Room = $crate::storage::heap::bound::Room;
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
                room: &mut $crate::storage::heap::bound::Room,
                cx: &mut ::core::task::Context<'_>,
            ) -> ::core::task::Poll<()> {
                self.common().bound.poll_room(room, || self.is_closed(), cx)
            }

            fn queued(&self) -> usize {
                self.len()
            }

            #[inline]
            fn turns(&self) -> &$crate::stats::Turns {
                &self.common().turns
            }

            fn counters(&self) -> &$crate::stats::Counters {
                self.common().counters()
            }

            fn subscribe(&self) -> Self::Responses {
                $crate::storage::heap::results::Responses::new(self.clone())
            }

            #[inline]
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

            #[inline]
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
                    life.wake_worker_for_phase();
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

            async fn stopped(&self) -> $crate::storage::Exit {
                self.common().life.stopped().await
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
