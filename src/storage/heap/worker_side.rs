//! The worker's side of a storage on the heap.

use core::task::{Context, Poll};

use super::queue::Queue;
use super::queued::Queued;
use super::{Heap, Shared};
use crate::sender::MessageSender;
use crate::storage::{QueuedRequest, Round, WorkerSide};

/// The worker's side of a [`Heap`].
pub struct HeapWorkerSide<S: MessageSender, Q: Queue<S>> {
    pub(super) storage: Heap<S, Q>,
    pub(super) taker: Q::Taker,
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
        // Who came before that did not wake the worker.
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
        let Shared { limit, queue, .. } = &*self.storage.0;
        let Round { id, cycle, .. } = queued.round();
        if cycle == 0 {
            limit.leave();
        }
        queued.replier().is_none_or(|replier| queue.begin(&mut self.taker, id, replier))
    }

    fn was_cancelled(&mut self, queued: &Queued<S, Q::Replier>) -> bool {
        let (queue, id) = (&self.storage.0.queue, queued.round().id);
        queued.replier().is_some_and(|replier| queue.was_cancelled(&mut self.taker, id, replier))
    }

    fn requeue(&mut self, round: Round<S::Request>) -> Result<(), S::Request> {
        let refused = self.storage.0.queue.push_round(Queued::requeued(round));
        refused.map_err(|round| round.into_parts().0)
    }
}
