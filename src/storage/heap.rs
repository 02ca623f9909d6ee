//! The storages on the heap: one implementation over two queues. The default queue is an `async-channel` of
//! requests with `futures` oneshots, the fast one is a queue under a lock.

mod channel;
mod late_waker;
mod life;
mod limit;
#[cfg(feature = "std")]
mod locked;
#[cfg(feature = "std")]
mod oneshot;
mod queue;
mod results;
mod waiters;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::num::NonZeroUsize;
use core::task::{Context, Poll};

use concurrent_queue::ConcurrentQueue;
use once_cell::race::OnceBox;

use self::channel::{Begun, Channel};
use self::life::Life;
use self::limit::QueueLimit;
#[cfg(feature = "std")]
use self::locked::Locked;
use self::queue::Queued;
use self::results::{Responses, ResultsQueue};
use self::waiters::Wait;
use super::{AnswerOf, Cancel, Enqueued, QueuedRequest, Refused, Reply, Round, Storage, WorkerSide};
use crate::answer::RequestId;
use crate::error::InvalidArgument;
use crate::keep_results::KeepResults;
use crate::life::{Exit, Phase};
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::Counters;
use crate::trace;

pub(crate) use self::queue::Queue;

/// A storage on the heap. By default it is that of [`Builder::prepare`](crate::runner::Builder::prepare);
/// [`Lean`](crate::storage::Lean) is the other one.
pub struct Heap<S: MessageSender, Q: Queue<S> = Channel<S>>(Arc<Shared<S, Q>>);

/// A storage on the heap that is made for speed. [`Builder::prepare_in`](crate::runner::Builder::prepare_in) uses it.
///
/// It keeps all promises of the default storage, takes about half the time for a request, and less memory. It
/// needs `std`: callers share a lock of the operating system, each for a few nanoseconds.
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// use telegram_sender::storage::Lean;
///
/// type Runner = SenderRunner<Echo, Smol, Lean<Echo>>;
///
/// # smol::block_on(async {
/// let runner: Runner = SenderRunner::builder(Echo).prepare_in(Lean::new(), Smol).unwrap().start(Smol).await?;
/// assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
/// # Ok::<(), ()>(())
/// # }).unwrap();
/// ```
#[cfg(feature = "std")]
pub type Lean<S> = Heap<S, Locked<S>>;

/// The order keeps `queue`, which callers write for each request, apart from the worker's `begun` and `counters`.
#[repr(C)]
struct Shared<S: MessageSender, Q> {
    queue: Q,
    results: ResultsQueue<S>,
    limit: QueueLimit,
    life: Life,
    /// Created for the first unsent request.
    unsent: OnceBox<ConcurrentQueue<S::Request>>,
    /// The worker's progress, for a [`Channel`]. It lies next to the counters, which the worker also writes.
    begun: Begun,
    counters: Counters,
}

impl<S: MessageSender, Q: Queue<S>> Heap<S, Q> {
    /// Creates an empty storage, for one runner.
    pub fn new() -> Self {
        Self::for_runner(None, KeepResults::default()).0
    }

    /// Creates the storage of a runner, with the worker's side of it.
    pub(crate) fn for_runner(
        capacity: Option<NonZeroUsize>,
        results: KeepResults,
    ) -> (Self, HeapWorkerSide<S, Q>) {
        let (queue, taker) = Q::new();
        let storage = Self(Arc::new(Shared {
            queue,
            limit: QueueLimit::new(capacity),
            results: ResultsQueue::new(results),
            life: Life::new(),
            unsent: OnceBox::new(),
            begun: Begun::new(),
            counters: Counters::new(),
        }));
        let worker_side = HeapWorkerSide { storage: storage.clone(), taker };
        (storage, worker_side)
    }

    /// Enqueues a request even if the queue is full, for a caller that was promised room.
    #[cfg(feature = "tower")]
    pub(crate) fn enqueue_beyond_limit(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Q::ReplyReceiver> {
        self.0.limit.exceed();
        Q::push(self, request, queued_at)
    }
}

// Not derived: a derive would require `Debug` and `Clone` of `S`.
impl<S: MessageSender, Q: Queue<S>> fmt::Debug for Heap<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap").field("life", &self.0.life).finish_non_exhaustive()
    }
}

impl<S: MessageSender, Q: Queue<S>> Default for Heap<S, Q> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: MessageSender, Q: Queue<S>> Clone for Heap<S, Q> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: MessageSender, Q: Queue<S>> Storage<S> for Heap<S, Q> {
    type Queued = Queued<S, Q::Replier>;
    type ReplyReceiver = Q::ReplyReceiver;
    type Wait = Wait;
    type WorkerSide = HeapWorkerSide<S, Q>;
    type Unsent = Vec<S::Request>;
    type Responses = Responses<S, Q>;

    fn occupy(
        &mut self,
        capacity: Option<NonZeroUsize>,
        keep: KeepResults,
    ) -> Result<Self::WorkerSide, InvalidArgument> {
        if Arc::get_mut(&mut self.0).is_none() {
            return Err(InvalidArgument::new(
                "storage",
                "must be new: another runner or a clone of it has it too",
            ));
        }
        let worker_side;
        (*self, worker_side) = Self::for_runner(capacity, keep);
        Ok(worker_side)
    }

    fn try_enqueue(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Q::ReplyReceiver> {
        if !self.0.limit.enter() {
            return Err(if self.phase() > Phase::Open { Refused::Closing } else { Refused::Full });
        }
        Q::push(self, request, queued_at)
    }

    fn poll_room(&self, wait: &mut Wait, cx: &mut Context<'_>) -> Poll<()> {
        self.0.limit.poll_room(wait, &self.0.life, cx)
    }

    fn cancel(receiver: &mut Q::ReplyReceiver, id: RequestId) -> Cancel {
        Q::cancel(receiver, id)
    }

    fn queued(&self) -> usize {
        self.0.queue.len()
    }

    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn settle(&self, _: RequestId, replier: Q::Replier, reply: Reply<S>) -> bool {
        Q::settle(replier, reply)
    }

    fn wants_results(&self) -> bool {
        self.0.results.wanted()
    }

    fn poll_publish(&self, answer: &mut Option<AnswerOf<S>>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.results.poll_publish(answer, &self.0.counters.results_dropped, &self.0.life, cx)
    }

    fn end_results(&self) {
        self.0.results.end();
    }

    fn counters(&self) -> &Counters {
        &self.0.counters
    }

    fn others_wait(&self) -> bool {
        self.0.limit.others_wait() || self.0.results.others_wait()
    }

    fn tell_one_more(&self) -> bool {
        let Shared { limit, results, .. } = &*self.0;
        (limit.others_wait() && limit.room.tell_one_more())
            | (results.others_wait() && results.arrived.tell_one_more())
    }

    fn box_if_possible<F: Future>(rare: F) -> impl Future<Output = F::Output> {
        Box::pin(rare)
    }

    fn subscribe(&self) -> Responses<S, Q> {
        Responses::new(self.clone())
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
        self.0.queue.close();
        if advanced {
            self.0.life.wake_worker();
        }
        self.0.limit.room.tell_all();
    }

    fn poll_abort(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.life.poll_abort(cx)
    }

    fn keep_unsent(&self, request: S::Request) {
        // This queue is never closed.
        let _ = self.0.unsent.get_or_init(|| Box::new(ConcurrentQueue::unbounded())).push(request);
    }

    fn take_unsent(&self) -> Vec<S::Request> {
        self.0.unsent.get().map_or_else(Vec::new, |unsent| unsent.try_iter().collect())
    }

    fn stop(&self, exit: Exit) {
        self.0.life.stop(exit);
        trace::stopped(&exit);
        self.0.queue.close();
        self.0.limit.room.tell_all();
        self.0.results.end();
    }

    fn poll_stopped(&self, wait: &mut Wait, cx: &mut Context<'_>) -> Poll<Exit> {
        self.0.life.poll_stopped(wait, cx)
    }
}

/// The worker's side of a [`Heap`].
pub struct HeapWorkerSide<S: MessageSender, Q: Queue<S>> {
    storage: Heap<S, Q>,
    taker: Q::Taker,
}

impl<S: MessageSender, Q: Queue<S>> WorkerSide<S, Heap<S, Q>> for HeapWorkerSide<S, Q> {
    fn storage(&self) -> &Heap<S, Q> {
        &self.storage
    }

    fn poll_next(&mut self, hand: &mut Option<Queued<S, Q::Replier>>, cx: &mut Context<'_>) -> Poll<bool> {
        if self.try_next(hand) {
            return Poll::Ready(true);
        }
        let shared = &*self.storage.0;
        shared.life.register_worker(cx);
        let is_over = shared.queue.sleep_or_end(&mut self.taker);
        // Tries again, for a request that was pushed before `sleep_or_end`.
        if self.try_next(hand) {
            Poll::Ready(true)
        } else if is_over {
            Poll::Ready(false)
        } else {
            Poll::Pending
        }
    }

    fn try_next(&mut self, hand: &mut Option<Queued<S, Q::Replier>>) -> bool {
        *hand = self.storage.0.queue.pop(&mut self.taker);
        hand.is_some()
    }

    fn begin(&mut self, queued: &Queued<S, Q::Replier>) -> bool {
        let Round { id, cycle, .. } = queued.round();
        if cycle == 0 {
            self.storage.0.limit.leave();
        }
        queued.replier().is_none_or(|replier| Q::begin(&self.storage, &mut self.taker, id, replier))
    }

    fn was_cancelled(&mut self, id: RequestId) -> bool {
        self.storage.0.queue.was_cancelled(&mut self.taker, id)
    }

    fn requeue(&mut self, round: Round<S::Request>) -> Result<(), S::Request> {
        let refused = self.storage.0.queue.push_round(Queued::requeued(round));
        refused.map_err(|round| round.into_parts().0)
    }
}
