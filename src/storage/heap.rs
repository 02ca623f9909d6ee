//! The storage for machines with an allocator: `async-channel` queues, `futures` oneshots, `event-listener`
//! wake-ups. A request costs one allocation, its oneshot.

mod bound;
mod ids;
mod inbox;
mod lazy_queue;
mod life;
mod receipt;
mod reply;
mod results;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::num::NonZeroUsize;
use core::task::{self, Poll, ready};

use async_channel::Sender;
use futures::channel::oneshot;

use self::bound::{Bound, Room};
use self::ids::{Ids, Issued};
use self::lazy_queue::LazyQueue;
use self::life::Life;
use self::receipt::HeapReceipt;
use self::reply::{Queued, Reply};
use self::results::ResultsQueue;
use super::{AnswerOf, Enqueued, Exit, Phase, Storage, Taken, sealed};
use crate::error::RequestError;
use crate::results::KeepResults;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::Counters;
use crate::strategy::RequestId;
use crate::trace;

use inbox::HeapInbox;
use results::Responses;

/// The default storage.
pub struct Heap<S: MessageSender>(Arc<Shared<S>>);

/// In this order: what callers write for each request is not next to what the worker writes, or reads.
#[repr(C)]
struct Shared<S: MessageSender> {
    requests: Sender<Queued<S>>,
    ids: Ids,
    bound: Bound,
    /// Requests whose tickets were cancelled. A oneshot only says that its ticket is gone, and a dropped ticket
    /// does not cancel, so the difference travels beside it; there is no queue until somebody cancels.
    cancelled: LazyQueue<RequestId>,
    unsent: LazyQueue<S::Request>,
    results: ResultsQueue<AnswerOf<S>>,
    life: Life,
    counters: Counters,
}

impl<S: MessageSender> Heap<S> {
    /// The storage and the worker's side of it.
    pub(crate) fn new(capacity: Option<NonZeroUsize>, results: KeepResults) -> (Self, HeapInbox<S>) {
        let (requests, queue) = async_channel::unbounded();
        let storage = Self(Arc::new(Shared {
            requests,
            ids: Ids::new(),
            bound: Bound::new(capacity),
            life: Life::new(),
            results: ResultsQueue::new(results),
            cancelled: LazyQueue::new(),
            unsent: LazyQueue::new(),
            counters: Counters::new(),
        }));
        let inbox = HeapInbox::new(storage.clone(), queue);
        (storage, inbox)
    }

    /// Enqueues a request for which the bound has been kept.
    #[expect(
        clippy::inline_always,
        reason = "on the way of each request, where a call costs as much as the rest"
    )]
    #[inline(always)]
    fn push(&self, request: S::Request, queued_at: Instant) -> Enqueued<S, HeapReceipt<S>> {
        let (reply, receipt) = oneshot::channel();
        let Issued { id, worker_sleeps } = self.0.ids.issue();
        let queued = Queued::callers(id, request, queued_at, reply);
        match self.0.requests.try_send(queued) {
            Ok(()) => {
                if worker_sleeps {
                    self.wake_worker();
                }
                Ok((id, HeapReceipt::new(receipt, self.clone())))
            }
            Err(refused) => Err(Self::closing(refused.into_inner())),
        }
    }

    /// Why a request finds no room.
    #[cold]
    fn refuse(&self, request: S::Request) -> RequestError<S::Request> {
        if self.0.requests.is_closed() { RequestError::Closing(request) } else { RequestError::Full(request) }
    }

    #[cold]
    fn wake_worker(&self) {
        self.0.ids.wake_up();
        self.0.life.wake_worker();
    }

    #[cold]
    fn closing(refused: Queued<S>) -> RequestError<S::Request> {
        RequestError::Closing(refused.into_parts().0)
    }

    /// Enqueues a request even if the queue is full: for one that was promised room.
    #[cfg(feature = "tower")]
    pub(crate) fn enqueue_beyond_bound(
        &self,
        request: S::Request,
        queued_at: Instant,
    ) -> Enqueued<S, HeapReceipt<S>> {
        self.0.bound.exceed();
        self.push(request, queued_at)
    }
}

// Neither is derived: that would ask the same of `S`.
impl<S: MessageSender> fmt::Debug for Heap<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap").field("life", &self.0.life).finish_non_exhaustive()
    }
}

impl<S: MessageSender> Clone for Heap<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: MessageSender> sealed::Sealed for Heap<S> {}

impl<S: MessageSender> Storage<S> for Heap<S> {
    type Reply = oneshot::Sender<Reply<S>>;
    type Receipt = HeapReceipt<S>;
    type Taken = Queued<S>;
    type Room = Room;
    type Inbox = HeapInbox<S>;
    type Unsent = Vec<S::Request>;
    type Responses = Responses<S>;

    #[inline]
    fn try_enqueue(&self, request: S::Request, queued_at: Instant) -> Enqueued<S, Self::Receipt> {
        // Whether it is closed, the channel asks anyway.
        if !self.0.bound.enter() {
            return Err(self.refuse(request));
        }
        self.push(request, queued_at)
    }

    async fn enqueue(
        &self,
        request: S::Request,
        queued_at: impl Fn() -> Instant,
    ) -> Enqueued<S, Self::Receipt> {
        let mut room = Room::default();
        loop {
            if self.0.requests.is_closed() {
                return Err(RequestError::Closing(request));
            }
            if self.0.bound.enter() {
                return self.push(request, queued_at());
            }
            poll_fn(|cx| self.0.bound.poll_room(&mut room, || self.0.requests.is_closed(), cx)).await;
        }
    }

    fn poll_room(&self, room: &mut Room, cx: &mut task::Context<'_>) -> Poll<()> {
        let waited = room.is_waiting();
        ready!(self.0.bound.poll_room(room, || self.0.requests.is_closed(), cx));
        if waited {
            self.0.bound.pass_on();
        }
        Poll::Ready(())
    }

    fn queued(&self) -> usize {
        self.0.requests.len()
    }

    fn counters(&self) -> &Counters {
        &self.0.counters
    }

    fn subscribe(&self) -> Self::Responses {
        Responses::new(self.clone())
    }

    fn wants_results(&self) -> bool {
        self.0.results.wanted()
    }

    fn poll_publish(&self, unpublished: &mut Option<AnswerOf<S>>, cx: &mut task::Context<'_>) -> Poll<()> {
        self.0.results.poll_publish(unpublished, &self.0.life, cx)
    }

    fn results_dropped(&self) -> usize {
        self.0.results.dropped()
    }

    fn end_results(&self) {
        self.0.results.end();
    }

    fn add_handle(&self) {
        self.0.life.add_handle();
    }

    fn remove_handle(&self) {
        if self.0.life.remove_handle() {
            self.advance(Phase::Closing);
        }
    }

    fn phase(&self) -> Phase {
        self.0.life.phase()
    }

    fn advance(&self, to: Phase) {
        let advanced = self.0.life.advance(to);
        if advanced {
            match to {
                Phase::Aborting => trace::aborting(self.queued()),
                _ => trace::closing(self.queued()),
            }
        }
        self.0.requests.close();
        if advanced {
            self.0.life.wake_worker();
        }
        self.0.bound.lift();
    }

    fn poll_abort(&self, cx: &mut task::Context<'_>) -> Poll<()> {
        self.0.life.poll_abort(cx)
    }

    fn keep_unsent(&self, request: S::Request) {
        self.0.unsent.push(request);
    }

    fn take_unsent(&self) -> Self::Unsent {
        self.0.unsent.take()
    }

    fn stop(&self, exit: Exit) {
        self.0.life.stop(exit);
        trace::stopped(&exit);
        self.0.requests.close();
        self.0.bound.lift();
        self.0.results.end();
    }

    async fn stopped(&self) -> Exit {
        self.0.life.stopped().await
    }
}
