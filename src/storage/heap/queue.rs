//! The queue of requests and replies, in which the storages on the heap differ; and a request as the queue holds it.

use alloc::boxed::Box;
use core::future::Future;

use super::Heap;
use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Enqueued, QueuedRequest, Reply, Round};

/// An unbounded queue of requests, with the places of their replies.
pub trait Queue<S: MessageSender>: Sized {
    /// The part of the queue that only the worker has.
    type Taker;
    type Replier;
    type ReplyReceiver: Future<Output = Reply<S>> + Unpin;

    fn new() -> (Self, Self::Taker);

    /// Puts a caller's request at the tail of the storage's queue, and wakes the worker if it sleeps. Leaves the
    /// request in place if the queue is closed.
    fn push(
        storage: &Heap<S, Self>,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Self::ReplyReceiver>;

    /// Puts a round at the tail, or returns it if the queue is closed.
    fn push_round(&self, round: Queued<S, Self::Replier>) -> Result<(), Queued<S, Self::Replier>>;

    /// Takes the oldest request.
    fn pop(&self, taker: &mut Self::Taker) -> Option<Queued<S, Self::Replier>>;

    /// Records that the worker goes to sleep, so that the next [`push`](Self::push) wakes it. Returns true if the
    /// queue is closed. The worker stores its waker before this, and calls [`pop`](Self::pop) once more after it.
    fn sleep_or_end(&self, taker: &mut Self::Taker) -> bool;

    /// Closes the queue, which then takes no more requests.
    fn close(&self);

    fn len(&self) -> usize;

    /// Begins the turn of the request `id`, which has a ticket. Returns false if the ticket was cancelled first.
    fn begin(
        storage: &Heap<S, Self>,
        taker: &mut Self::Taker,
        id: RequestId,
        replier: &Self::Replier,
    ) -> bool;

    /// See [`WorkerSide::was_cancelled`](crate::storage::WorkerSide::was_cancelled).
    fn was_cancelled(&self, taker: &mut Self::Taker, id: RequestId) -> bool;

    /// See [`Storage::settle`](crate::storage::Storage::settle).
    fn settle(replier: Self::Replier, reply: Reply<S>) -> bool;

    /// See [`Storage::cancel`](crate::storage::Storage::cancel).
    fn cancel(receiver: &mut Self::ReplyReceiver, id: RequestId) -> Cancel;
}

/// A request in the queue, with the worker's end `R` of its reply. Keep this small: a million of them may wait.
pub enum Queued<S: MessageSender, R> {
    /// The common case: a caller's request whose wait is not measured.
    Plain(RequestId, S::Request, R),
    /// A caller's request whose wait is measured, or a re-queued round, which has no reply.
    Other(Box<(Round<S::Request>, Option<R>)>),
}

impl<S: MessageSender, R> Queued<S, R> {
    /// Creates the entry of a caller's request.
    pub(super) fn new(id: RequestId, request: S::Request, queued_at: Instant, replier: R) -> Self {
        if queued_at == Instant::NEVER {
            return Self::Plain(id, request, replier);
        }
        Self::Other(Box::new((Round { id, cycle: 0, queued_at, request }, Some(replier))))
    }

    /// Creates the entry of a re-queued round.
    pub(super) fn requeued(round: Round<S::Request>) -> Self {
        Self::Other(Box::new((round, None)))
    }

    pub(super) fn replier(&self) -> Option<&R> {
        match self {
            Self::Plain(.., replier) => Some(replier),
            Self::Other(other) => other.1.as_ref(),
        }
    }
}

impl<S: MessageSender, R> QueuedRequest<S> for Queued<S, R> {
    type Replier = R;

    fn round(&self) -> Round<&S::Request> {
        match self {
            Self::Plain(id, request, _) => Round { id: *id, cycle: 0, queued_at: Instant::NEVER, request },
            Self::Other(other) => {
                let Round { id, cycle, queued_at, ref request } = other.0;
                Round { id, cycle, queued_at, request }
            }
        }
    }

    fn into_parts(self) -> (S::Request, Option<R>) {
        match self {
            Self::Plain(_, request, replier) => (request, Some(replier)),
            Self::Other(other) => (other.0.request, other.1),
        }
    }
}
