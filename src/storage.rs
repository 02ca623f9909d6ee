//! The storage seam: where requests, replies and results wait. One [`Storage`] serves one runner; the worker,
//! the tickets and the strategies are the same over all of them.

#[cfg(all(test, feature = "std"))]
mod counting_task;
#[cfg(feature = "embassy")]
pub(crate) mod fixed;
#[cfg(feature = "alloc")]
pub(crate) mod heap;

use core::future::Future;
use core::num::NonZeroUsize;
use core::task::{self, Poll};

use futures::stream::FusedStream;

use crate::answer::{Answer, RequestId};
use crate::error::{InvalidArgument, NoAnswer, SendError};
use crate::keep_results::KeepResults;
use crate::life::{Exit, Phase};
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::Counters;

#[cfg(feature = "embassy")]
pub use fixed::{FixedStorage, Unsent};
#[cfg(feature = "alloc")]
pub use heap::Heap;
#[cfg(feature = "std")]
pub use heap::Lean;

/// The storage of a runner whose type does not say it. Without an allocator there is none by default, and every runner's
/// type says it.
#[cfg(feature = "alloc")]
pub(crate) type Unnamed<S> = Heap<S>;
#[cfg(not(feature = "alloc"))]
pub(crate) type Unnamed<S> =
    &'static FixedStorage<embassy_sync::blocking_mutex::raw::NoopRawMutex, S, 0, 0, 0, 0>;

/// How a ticket ends.
pub(crate) type TicketResult<S> = Result<
    <S as MessageSender>::Message,
    SendError<<S as MessageSender>::Rejection, <S as MessageSender>::Error>,
>;
/// The answer to one request, as results yield it.
pub(crate) type AnswerOf<S> = Answer<<S as MessageSender>::Message, <S as MessageSender>::Rejection>;
/// An id with the ticket's end of its reply. What is refused stays where it is.
pub(crate) type Enqueued<Receiver> = Result<(RequestId, Receiver), Refused>;

/// Why a request was not enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Full,
    Closing,
}

/// Takes the request out of its place, where there is one.
pub(crate) fn take<Req>(place: &mut Option<Req>) -> Req {
    match place.take() {
        Some(request) => request,
        None => unreachable!(),
    }
}

/// What the worker tells a ticket.
pub struct Reply<S: MessageSender> {
    pub(crate) result: TicketResult<S>,
    pub(crate) attempts: u32,
    pub(crate) may_have_arrived: bool,
}

impl<S: MessageSender> Reply<S> {
    /// Of a request that surely did not arrive.
    pub(crate) const fn no_answer(why: NoAnswer<S::Error>, attempts: u32) -> Self {
        Self { result: Err(SendError::NoAnswer(why)), attempts, may_have_arrived: false }
    }
}

/// What became of a request whose ticket was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// It is never sent.
    Skipped,
    /// Its turn has begun, as far as is known.
    InFlight,
    /// It is too late: the reply is there, or none will come.
    TooLate,
}

/// One round of a request: its first one, or a re-queued one.
pub struct Round<Req> {
    pub(crate) id: RequestId,
    /// How often it was re-queued before.
    pub(crate) cycle: u32,
    /// [`Instant::NEVER`] if its wait is not measured.
    pub(crate) queued_at: Instant,
    pub(crate) request: Req,
}

/// A round as its storage keeps it. Looking at it moves nothing.
pub trait QueuedRequest<S: MessageSender> {
    /// The worker's end of the reply.
    #[doc(hidden)]
    type Replier;

    #[doc(hidden)]
    fn round(&self) -> Round<&S::Request>;

    /// The request, and the worker's end of its reply; re-queued rounds have none.
    #[doc(hidden)]
    fn into_parts(self) -> (S::Request, Option<Self::Replier>);
}

/// A shared reference to the memory of one runner.
///
/// Cloning it copies the reference; it is no handle, so the runner does not live by it. The trait is sealed: what its methods
/// take and give is not part of the public API.
pub trait Storage<S: MessageSender>: Clone + Unpin {
    #[doc(hidden)]
    type Queued: QueuedRequest<S>;
    /// The ticket's end of a reply: a future that is ready with it, or once the worker is gone without one. Dropped, it lets
    /// the request be sent all the same.
    #[doc(hidden)]
    type ReplyReceiver: Future<Output = Reply<S>> + Unpin;
    /// A wait for room in the queue, or for the worker's end. Dropped, it waits no more.
    #[doc(hidden)]
    type Wait: Default + Unpin;
    #[doc(hidden)]
    type WorkerSide: WorkerSide<S, Self>;
    /// Requests that were never sent.
    type Unsent: IntoIterator<Item = S::Request>;
    /// A consumer of the results queue.
    #[doc(hidden)]
    type Responses: FusedStream<Item = AnswerOf<S>> + Unpin;

    // --- Requests, from the callers' side.

    /// Enqueues the request that is in `request`, or leaves it there. To move it takes time, as it may be large.
    #[doc(hidden)]
    fn try_enqueue(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Self::ReplyReceiver>;

    /// Ready once the queue has room, or takes nothing any more. Somebody else may take the room first.
    #[doc(hidden)]
    fn poll_room(&self, wait: &mut Self::Wait, cx: &mut task::Context<'_>) -> Poll<()>;

    /// Lets the worker skip the request `id` if its turn has not come.
    #[doc(hidden)]
    fn cancel(receiver: &mut Self::ReplyReceiver, id: RequestId) -> Cancel;

    #[doc(hidden)]
    fn queued(&self) -> usize;

    // --- Replies and results, from the worker's side: for each request in its turn.

    /// Ends the ticket of a request. Dropped instead, the replier ends it as stopped. Contains the panics of user code. Returns
    /// false if the ticket was cancelled in the request's turn; see [`WorkerSide::was_cancelled`].
    #[doc(hidden)]
    fn settle(&self, id: RequestId, replier: ReplierOf<S, Self>, reply: Reply<S>) -> bool;

    /// Returns true if a response is to be published at all.
    #[doc(hidden)]
    fn wants_results(&self) -> bool;

    /// Publishes `answer` by the policy of the results queue, which may drop it: ready once that is done, or nobody wants it
    /// any more. Until then it may be left in its place, and the worker's task is woken when there is room. Only a runner that
    /// is open waits for that. Contains the panics of user code.
    #[doc(hidden)]
    fn poll_publish(&self, answer: &mut Option<AnswerOf<S>>, cx: &mut task::Context<'_>) -> Poll<()>;

    /// No response comes any more: consumers end once they have taken what is there.
    #[doc(hidden)]
    fn end_results(&self);

    #[doc(hidden)]
    fn counters(&self) -> &Counters;

    /// Returns true if somebody waits for room or for a response although there is some. Those who were told of it are among
    /// them.
    #[doc(hidden)]
    fn others_wait(&self) -> bool {
        false
    }

    /// Tells one more of those who wait though they need not. Returns false if all were told.
    #[doc(hidden)]
    fn tell_one_more(&self) -> bool {
        false
    }

    /// Puts a future that is rarely there, and might make the worker's larger, where the storage has room for it.
    #[doc(hidden)]
    fn box_if_possible<F: Future>(rare: F) -> impl Future<Output = F::Output> {
        rare
    }

    // --- Results, from the consumers' side.

    #[doc(hidden)]
    fn subscribe(&self) -> Self::Responses;

    // --- Life cycle.

    #[doc(hidden)]
    fn add_handle(&self);

    /// Closes when it was the last one.
    #[doc(hidden)]
    fn remove_handle(&self);

    #[doc(hidden)]
    fn phase(&self) -> Phase;

    /// Moves on to [`Phase::Closing`] or [`Phase::Aborting`], unless that has been reached.
    #[doc(hidden)]
    fn advance(&self, to: Phase);

    /// Ready once the runner is aborting. For one waiter: the worker.
    #[doc(hidden)]
    fn poll_abort(&self, cx: &mut task::Context<'_>) -> Poll<()>;

    #[doc(hidden)]
    fn keep_unsent(&self, request: S::Request);

    #[doc(hidden)]
    fn take_unsent(&self) -> Self::Unsent;

    /// The worker's end.
    #[doc(hidden)]
    fn stop(&self, exit: Exit);

    /// Ready once the worker has ended.
    #[doc(hidden)]
    fn poll_stopped(&self, wait: &mut Self::Wait, cx: &mut task::Context<'_>) -> Poll<Exit>;
}

/// The worker's end of a reply.
pub(crate) type ReplierOf<S, Q> = <<Q as Storage<S>>::Queued as QueuedRequest<S>>::Replier;

/// What only the worker does with a storage: it takes requests, and puts rounds back.
pub trait WorkerSide<S: MessageSender, Q: Storage<S>> {
    #[doc(hidden)]
    fn storage(&self) -> &Q;

    /// Puts the next request into `hand`, which is empty; ready with `false` once the runner is closing and the queue is empty.
    /// Written in place, as a request may be large.
    #[doc(hidden)]
    fn poll_next(&mut self, hand: &mut Option<Q::Queued>, cx: &mut task::Context<'_>) -> Poll<bool>;

    /// Puts the next request into `hand` if there is one now.
    #[doc(hidden)]
    fn try_next(&mut self, hand: &mut Option<Q::Queued>) -> bool;

    /// Begins the turn of a request, which counts no more in the bound of the queue. Returns false if its ticket was cancelled:
    /// it is over then.
    #[doc(hidden)]
    fn begin(&mut self, queued: &Q::Queued) -> bool;

    /// Returns true if the ticket of a request, for which [`Storage::settle`] returned false, was cancelled. Only where that can't
    /// tell it from a ticket that was dropped is there something to look up.
    #[doc(hidden)]
    fn was_cancelled(&mut self, id: RequestId) -> bool {
        let _ = id;
        true
    }

    /// Puts a round behind the requests that wait, or gives its request back.
    #[doc(hidden)]
    fn requeue(&mut self, round: Round<S::Request>) -> Result<(), S::Request>;
}

/// A storage that is there before its runner: a reference to a `FixedStorage`.
pub trait Preallocated<S: MessageSender>: Storage<S> {
    /// Gives the storage to a runner, with what its builder says.
    #[doc(hidden)]
    fn occupy(
        &self,
        capacity: Option<NonZeroUsize>,
        keep: KeepResults,
    ) -> Result<Self::WorkerSide, InvalidArgument>;
}
