//! What the storages on the heap differ in: the queue of requests, and where their replies go.

use core::future::Future;

use super::life::Life;
use super::queued::Queued;
use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Enqueued, Reply};

/// A queue of requests, unbounded, with the places of their replies.
pub trait Queue<S: MessageSender>: Sized {
    /// What only the worker has of it.
    type Taker;
    type Replier;
    type ReplyReceiver: Future<Output = Reply<S>> + Unpin;

    fn new() -> (Self, Self::Taker);

    /// Puts a caller's request at the tail, and wakes the worker if it sleeps. Leaves it where it is once the queue is closed.
    fn push(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
        life: &Life,
    ) -> Enqueued<Self::ReplyReceiver>;

    /// Puts a round at the tail, or gives it back once the queue is closed.
    fn push_round(&self, round: Queued<S, Self::Replier>) -> Result<(), Queued<S, Self::Replier>>;

    /// Takes the oldest request.
    fn pop(&self, taker: &mut Self::Taker) -> Option<Queued<S, Self::Replier>>;

    /// Returns true if nothing is there, and nothing will come. Where something may come, it wakes the worker, which has
    /// registered in the life, and looks once more after this.
    fn sleep_or_end(&self, taker: &mut Self::Taker) -> bool;

    /// Takes no request any more.
    fn close(&self);

    fn len(&self) -> usize;

    /// Begins the turn of the request `id`, whose ticket waits. Returns false if it was cancelled first.
    fn begin(&self, taker: &mut Self::Taker, id: RequestId, replier: &Self::Replier) -> bool;

    /// Returns true if the ticket of a request was cancelled in its turn.
    fn was_cancelled(&self, taker: &mut Self::Taker, id: RequestId, replier: &Self::Replier) -> bool;

    /// Gives the ticket its reply, if it is still there.
    fn settle(replier: Self::Replier, reply: Reply<S>);

    /// See [`Storage::cancel`](crate::storage::Storage::cancel).
    fn cancel(receiver: &mut Self::ReplyReceiver, id: RequestId) -> Cancel;
}
