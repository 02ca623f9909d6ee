//! The storage seam: it holds requests, replies and results. One [`Storage`] serves one runner. The worker, the
//! tickets and the strategies are the same over every storage.

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

/// The result of a ticket.
pub(crate) type TicketResult<S> = Result<
    <S as MessageSender>::Message,
    SendError<<S as MessageSender>::Rejection, <S as MessageSender>::Error>,
>;
/// The answer to one request, as results yield it.
pub(crate) type AnswerOf<S> = Answer<<S as MessageSender>::Message, <S as MessageSender>::Rejection>;
/// An id with the ticket's end of its reply. A refused request stays where it is.
pub(crate) type Enqueued<Receiver> = Result<(RequestId, Receiver), Refused>;

/// The reason why a request was not enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Full,
    Closing,
}

/// Takes the request out of `place`, which must hold one.
pub(crate) fn take<Req>(place: &mut Option<Req>) -> Req {
    match place.take() {
        Some(request) => request,
        None => unreachable!(),
    }
}

/// The result that a ticket receives, with the attempts that led to it.
pub struct Reply<S: MessageSender> {
    pub(crate) result: TicketResult<S>,
    pub(crate) attempts: u32,
    pub(crate) may_have_arrived: bool,
}

impl<S: MessageSender> Reply<S> {
    /// Returns the reply for a request that surely did not arrive.
    pub(crate) const fn no_answer(why: NoAnswer<S::Error>, attempts: u32) -> Self {
        Self { result: Err(SendError::NoAnswer(why)), attempts, may_have_arrived: false }
    }
}

/// The fate of a request whose ticket was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// The request is never sent.
    Skipped,
    /// The request's turn has begun, or may have.
    InFlight,
    /// Too late: the reply is there, or none will come.
    TooLate,
}

/// One round of a request: its first one, or a re-queued one.
pub struct Round<Req> {
    pub(crate) id: RequestId,
    /// The number of times that the request was re-queued before.
    pub(crate) cycle: u32,
    /// The time of enqueueing, or [`Instant::NEVER`] if the wait is not measured.
    pub(crate) queued_at: Instant,
    pub(crate) request: Req,
}

/// A round as its storage keeps it. Reading it moves nothing.
pub trait QueuedRequest<S: MessageSender> {
    /// The worker's end of the reply.
    #[doc(hidden)]
    type Replier;

    #[doc(hidden)]
    fn round(&self) -> Round<&S::Request>;

    /// Returns the request and the worker's end of its reply. A re-queued round has no reply.
    #[doc(hidden)]
    fn into_parts(self) -> (S::Request, Option<Self::Replier>);
}

/// A shared reference to the memory of one runner.
///
/// Cloning it copies the reference. It is not a handle and does not keep the runner open. The trait is sealed: the
/// arguments and results of its methods are not part of the public API.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a storage for requests of `{S}`",
    label = "not a storage",
    note = "the storages are `Heap`, `Lean` and a reference to a `FixedStorage`"
)]
pub trait Storage<S: MessageSender>: Clone + Unpin {
    #[doc(hidden)]
    type Queued: QueuedRequest<S>;
    /// The ticket's end of a reply: a future of it. It resolves as stopped if the worker ends without a reply. If
    /// it is dropped, the request is still sent.
    #[doc(hidden)]
    type ReplyReceiver: Future<Output = Reply<S>> + Unpin;
    /// A wait for room in the queue, or for the worker's end. Dropping it ends the wait.
    #[doc(hidden)]
    type Wait: Default + Unpin;
    #[doc(hidden)]
    type WorkerSide: WorkerSide<S, Self>;
    /// Requests that surely did not arrive.
    type Unsent: IntoIterator<Item = S::Request>;
    /// A consumer of the results queue.
    #[doc(hidden)]
    type Responses: FusedStream<Item = AnswerOf<S>> + Unpin;

    /// Makes this the storage of a runner with these options. Fails if it serves another runner or has too little room.
    #[doc(hidden)]
    fn occupy(
        &mut self,
        capacity: Option<NonZeroUsize>,
        keep: KeepResults,
    ) -> Result<Self::WorkerSide, InvalidArgument>;

    // --- Requests, from the callers' side.

    /// Enqueues the request in `request`, or leaves it there. A reference saves a move, as a request may be large.
    #[doc(hidden)]
    fn try_enqueue(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Self::ReplyReceiver>;

    /// Waits until the queue has room or takes no more requests. Another caller may take the room first.
    #[doc(hidden)]
    fn poll_room(&self, wait: &mut Self::Wait, cx: &mut task::Context<'_>) -> Poll<()>;

    /// Cancels the ticket of the request `id`. The worker skips the request if its turn has not begun.
    #[doc(hidden)]
    fn cancel(receiver: &mut Self::ReplyReceiver, id: RequestId) -> Cancel;

    #[doc(hidden)]
    fn queued(&self) -> usize;

    // --- Replies and results, from the worker's side, for each request in its turn.

    /// Ends the ticket of a request. Returns false if it was cancelled in the request's turn, or may have been; see
    /// [`WorkerSide::was_cancelled`]. Contains the panics of user code. A dropped replier ends its ticket as stopped.
    #[doc(hidden)]
    fn settle(&self, id: RequestId, replier: ReplierOf<S, Self>, reply: Reply<S>) -> bool;

    /// Returns true if responses are to be published.
    #[doc(hidden)]
    fn wants_results(&self) -> bool;

    /// Publishes `answer` by the policy of the results queue, which may drop it. Ready once that is done, or once
    /// no consumer wants it. Until then the answer may stay in its place, and the worker's task is woken when
    /// there is room. Only an open runner waits for room. Contains the panics of user code.
    #[doc(hidden)]
    fn poll_publish(&self, answer: &mut Option<AnswerOf<S>>, cx: &mut task::Context<'_>) -> Poll<()>;

    /// Ends the results: a consumer ends once it has taken the responses that are there.
    #[doc(hidden)]
    fn end_results(&self);

    #[doc(hidden)]
    fn counters(&self) -> &Counters;

    /// Returns true if a task may wait for room or for a response although there is some. Notified tasks may count.
    #[doc(hidden)]
    fn others_wait(&self) -> bool {
        false
    }

    /// Notifies one more of these tasks. Returns false if all are notified.
    #[doc(hidden)]
    fn tell_one_more(&self) -> bool {
        false
    }

    /// Boxes `rare` if the storage can allocate, so that a rarely awaited future does not make the worker's larger.
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

    /// Removes a handle. Closes the runner if it was the last one.
    #[doc(hidden)]
    fn remove_handle(&self);

    #[doc(hidden)]
    fn phase(&self) -> Phase;

    /// Advances to [`Phase::Closing`] or [`Phase::Aborting`], unless that phase is reached already.
    #[doc(hidden)]
    fn advance(&self, to: Phase);

    /// Waits until the runner is aborting. Only the worker may wait for this.
    #[doc(hidden)]
    fn poll_abort(&self, cx: &mut task::Context<'_>) -> Poll<()>;

    #[doc(hidden)]
    fn keep_unsent(&self, request: S::Request);

    #[doc(hidden)]
    fn take_unsent(&self) -> Self::Unsent;

    /// Marks the runner as stopped, as the worker ends.
    #[doc(hidden)]
    fn stop(&self, exit: Exit);

    /// Waits until the worker has ended.
    #[doc(hidden)]
    fn poll_stopped(&self, wait: &mut Self::Wait, cx: &mut task::Context<'_>) -> Poll<Exit>;
}

/// The worker's end of a reply.
pub(crate) type ReplierOf<S, Q> = <<Q as Storage<S>>::Queued as QueuedRequest<S>>::Replier;

/// The worker's own side of a storage: it takes requests and puts rounds back.
pub trait WorkerSide<S: MessageSender, Q: Storage<S>> {
    #[doc(hidden)]
    fn storage(&self) -> &Q;

    /// Puts the next request into `hand`, which must be empty. Ready with `false` once the runner is closing and
    /// the queue is empty. The request is written in place, as it may be large.
    #[doc(hidden)]
    fn poll_next(&mut self, hand: &mut Option<Q::Queued>, cx: &mut task::Context<'_>) -> Poll<bool>;

    /// Puts the next request into `hand` if there is one now.
    #[doc(hidden)]
    fn try_next(&mut self, hand: &mut Option<Q::Queued>) -> bool;

    /// Begins the turn of a request, which no longer counts against the queue's capacity. Returns false if its
    /// ticket was cancelled: the request is over then.
    #[doc(hidden)]
    fn begin(&mut self, queued: &Q::Queued) -> bool;

    /// Returns true if the ticket of a request was cancelled, after [`Storage::settle`] returned false for it. A
    /// storage looks this up only if `settle` cannot tell a cancelled ticket from a dropped one.
    #[doc(hidden)]
    fn was_cancelled(&mut self, id: RequestId) -> bool {
        let _ = id;
        true
    }

    /// Puts a round behind the waiting requests, or returns its request.
    #[doc(hidden)]
    fn requeue(&mut self, round: Round<S::Request>) -> Result<(), S::Request>;
}
