//! The storage seam: where requests, replies and results wait. One [`Storage`] serves one runner; the worker,
//! the tickets and the strategies are the same over all of them.

#[cfg(all(test, feature = "std"))]
mod counting_task;
#[cfg(feature = "embassy")]
pub(crate) mod fixed;
#[cfg(feature = "alloc")]
pub(crate) mod heap;
#[cfg(feature = "std")]
pub(crate) mod lean;

use core::future::Future;
use core::num::NonZeroUsize;
use core::task::{self, Poll};

use futures::stream::FusedStream;

use crate::answer::Answer;
use crate::error::{InvalidArgument, NoAnswer, RequestError, SendError};
use crate::keep_results::KeepResults;
use crate::runtime::Instant;
use crate::sender::{MessageResponse, MessageSender};
use crate::stats::{Counters, Turns};
use crate::strategy::{Outcome, RequestId};
use crate::trace;

#[cfg(feature = "embassy")]
pub use fixed::{FixedStorage, Unsent};
#[cfg(feature = "alloc")]
pub use heap::Heap;
#[cfg(feature = "std")]
pub use lean::Lean;

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
pub(crate) type Enqueued<Receipt> = Result<(RequestId, Receipt), Refused>;

/// Why a request was not enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Full,
    Closing,
}

impl Refused {
    /// The error for the caller, with the request that was to be enqueued.
    pub(crate) fn give_back<Req>(self, request: &mut Option<Req>) -> RequestError<Req> {
        let request = take(request);
        let (why, error) = match self {
            Self::Full => ("full", RequestError::Full(request)),
            Self::Closing => ("closing", RequestError::Closing(request)),
        };
        trace::refused(why);
        error
    }
}

/// Takes the request out of its place, where there is one.
#[inline]
pub(crate) fn take<Req>(place: &mut Option<Req>) -> Req {
    match place.take() {
        Some(request) => request,
        None => unreachable!(),
    }
}

/// Where a runner is in its life. It only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Takes requests.
    Open,
    /// Takes no more requests, and sends those it has.
    Closing,
    /// Sends nothing any more; the sender is being closed.
    Aborting,
    /// The worker has ended.
    Stopped,
}

impl Phase {
    /// Of the number that a phase is.
    #[inline]
    pub(crate) const fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Open,
            1 => Self::Closing,
            2 => Self::Aborting,
            _ => Self::Stopped,
        }
    }
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Exit {
    /// Closed, or all handles dropped: everything that was queued has been sent.
    Drained,
    /// Aborted: some requests may have come back unsent.
    Aborted,
    /// The worker was dropped before its end, by its executor or its owner.
    Dropped,
}

/// A request on its way: what the queue holds.
pub struct Job<Req, Reply> {
    pub(crate) id: RequestId,
    pub(crate) cycle: u32,
    pub(crate) request: Req,
    /// Since when it has waited; [`Instant::NEVER`] if that is not measured.
    pub(crate) queued_at: Instant,
    /// Re-queued rounds have none.
    pub(crate) reply: Option<Reply>,
}

/// A request that came out of the queue, in whatever shape it lay there: to turn it into another costs more than to ask.
pub trait Taken<S: MessageSender, Reply> {
    #[doc(hidden)]
    fn id(&self) -> RequestId;

    #[doc(hidden)]
    fn cycle(&self) -> u32;

    #[doc(hidden)]
    fn queued_at(&self) -> Instant;

    #[doc(hidden)]
    fn request(&self) -> &S::Request;

    #[doc(hidden)]
    fn into_parts(self) -> (S::Request, Option<Reply>);
}

impl<S: MessageSender, Reply> Taken<S, Reply> for Job<S::Request, Reply> {
    #[inline]
    fn id(&self) -> RequestId {
        self.id
    }

    #[inline]
    fn cycle(&self) -> u32 {
        self.cycle
    }

    #[inline]
    fn queued_at(&self) -> Instant {
        self.queued_at
    }

    #[inline]
    fn request(&self) -> &S::Request {
        &self.request
    }

    #[inline]
    fn into_parts(self) -> (S::Request, Option<Reply>) {
        (self.request, self.reply)
    }
}

/// What the worker gives a ticket, as its caller gets it.
pub struct Settled<S: MessageSender> {
    pub(crate) result: TicketResult<S>,
    pub(crate) attempts: u32,
    pub(crate) may_have_arrived: bool,
}

impl<S: MessageSender> Settled<S> {
    #[inline]
    pub(crate) fn new(outcome: Outcome<S>, attempts: u32, may_have_arrived: bool) -> Self {
        let result = match outcome {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(rejection)) => Err(SendError::Rejected(rejection)),
            Err(why) => Err(SendError::NoAnswer(why.with_arrival(may_have_arrived))),
        };
        Self { result, attempts, may_have_arrived }
    }

    /// Of a request that surely did not arrive.
    pub(crate) const fn no_answer(why: NoAnswer<S::Error>, attempts: u32) -> Self {
        Self { result: Err(SendError::NoAnswer(why)), attempts, may_have_arrived: false }
    }
}

/// A shared reference to the memory of one runner.
///
/// Cloning it copies the reference; it is no handle, so the runner does not live by it. The trait is sealed: its
/// methods are not part of the public API.
pub trait Storage<S: MessageSender>: Clone + Unpin + sealed::Sealed {
    /// The worker's end of a reply. Dropped without [`Inbox::resolve`], its ticket ends as stopped.
    #[doc(hidden)]
    type Reply;
    #[doc(hidden)]
    type Receipt: Receipt<S>;
    #[doc(hidden)]
    type Taken: Taken<S, Self::Reply>;
    /// A wait for room in the queue, or for the worker's end. Dropped, it waits no more.
    #[doc(hidden)]
    type Wait: Default + Unpin;
    /// The worker's side of the storage.
    #[doc(hidden)]
    type Inbox: Inbox<S, Self>;
    /// Requests that were never sent.
    type Unsent: IntoIterator<Item = S::Request>;
    /// A consumer of the results queue.
    #[doc(hidden)]
    type Responses: FusedStream<Item = AnswerOf<S>> + Unpin;

    // --- Requests, from the callers' side.

    /// Enqueues the request that is in `request`, or leaves it there. To move it takes time, as it may be large.
    #[doc(hidden)]
    fn try_enqueue(&self, request: &mut Option<S::Request>, queued_at: Instant) -> Enqueued<Self::Receipt>;

    /// Ready once the queue has room, or takes nothing any more. Somebody else may take the room first.
    #[doc(hidden)]
    fn poll_room(&self, wait: &mut Self::Wait, cx: &mut task::Context<'_>) -> Poll<()>;

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

    #[doc(hidden)]
    fn queued(&self) -> usize;

    #[doc(hidden)]
    fn turns(&self) -> &Turns;

    #[doc(hidden)]
    fn counters(&self) -> &Counters;

    // --- Results, from the consumers' side.

    #[doc(hidden)]
    fn subscribe(&self) -> Self::Responses;

    // --- Results, from the worker's side.

    /// Whether a response is to be published at all.
    #[doc(hidden)]
    fn wants_results(&self) -> bool;

    /// No response comes any more: consumers end once they have taken what is there.
    #[doc(hidden)]
    fn end_results(&self);

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

    /// Puts a future that is rarely there, and might make the worker's larger, where the storage has room for it.
    #[doc(hidden)]
    fn make_room_for<F: Future>(rare: F) -> impl Future<Output = F::Output> {
        rare
    }
}

/// A storage that is there before its runner: a reference to a `FixedStorage`.
pub trait Preallocated<S: MessageSender>: Storage<S> {
    /// Gives the storage to a runner, with what its builder says.
    #[doc(hidden)]
    fn occupy(
        &self,
        capacity: Option<NonZeroUsize>,
        keep: KeepResults,
    ) -> Result<Self::Inbox, InvalidArgument>;
}

/// The ticket's end of a reply. Dropped, it lets the request be sent all the same.
pub trait Receipt<S: MessageSender>: Unpin {
    /// The reply; that the runner has stopped, if its worker is gone without one. Not to be called again after that.
    #[doc(hidden)]
    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Settled<S>>;

    /// Lets the worker skip the request `id` if its turn has not come.
    #[doc(hidden)]
    fn cancel(&mut self, id: RequestId) -> Cancel;
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

/// The worker's side of a storage; there is one.
pub trait Inbox<S: MessageSender, Q: Storage<S>> {
    /// The storage that it is of.
    #[doc(hidden)]
    fn storage(&self) -> &Q;

    /// Puts the next request into `hand`, which is empty; `false` once the runner is closing and the queue is empty. Where it
    /// is to lie it is put at once, as a request may be large.
    #[doc(hidden)]
    fn next(&mut self, hand: &mut Option<Q::Taken>) -> impl Future<Output = bool>;

    /// Puts the next request into `hand` if there is one now.
    #[doc(hidden)]
    fn next_left(&mut self, hand: &mut Option<Q::Taken>) -> bool;

    /// Counts a request that was taken out of the queue. Returns false if its ticket was cancelled.
    #[doc(hidden)]
    fn accept(&mut self, taken: &Q::Taken) -> bool;

    /// Puts a request behind those waiting, or gives it back.
    #[doc(hidden)]
    fn requeue(&mut self, job: Job<S::Request, Q::Reply>) -> Result<(), Job<S::Request, Q::Reply>>;

    /// Ends the reply's ticket. Tells whether that had been cancelled.
    #[doc(hidden)]
    fn resolve(&mut self, id: RequestId, reply: Q::Reply, settled: Settled<S>) -> bool;

    /// Puts the response to a request into the results queue, by its policy. Tells whether it is done with; else the response
    /// is kept, and waits for room there. Contains the panics of users' code.
    #[doc(hidden)]
    fn publish(&mut self, taken: &Q::Taken, attempts: u32, response: MessageResponse<S>) -> bool;

    /// Ready once it is done with, or nobody wants it any more; who waits for it was woken then. Only a runner that is open
    /// waits for that.
    #[doc(hidden)]
    fn poll_published(&mut self, cx: &mut task::Context<'_>) -> Poll<()>;
}

pub(crate) mod sealed {
    /// Keeps [`Storage`](super::Storage) ours, so that it can change with the worker.
    pub trait Sealed {}
}
