//! The worker's side of a storage on the heap.

use core::task::{Context, Poll};

use super::Heap;
use super::queue::Queue;
use super::queued::Queued;
use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{QueuedRequest, WorkerSide};

/// The worker's side of a [`Heap`].
pub struct HeapWorkerSide<S: MessageSender, Q: Queue<S>> {
    storage: Heap<S, Q>,
    taker: Q::Taker,
    /// Whether the queue is bounded. To ask the storage for it would fetch what callers write for each request.
    is_bounded: bool,
}

impl<S: MessageSender, Q: Queue<S>> HeapWorkerSide<S, Q> {
    pub(super) fn new(storage: Heap<S, Q>, taker: Q::Taker) -> Self {
        let is_bounded = storage.0.limit.is_some();
        Self { storage, taker, is_bounded }
    }
}

impl<S: MessageSender, Q: Queue<S>> WorkerSide<S, Heap<S, Q>> for HeapWorkerSide<S, Q> {
    #[inline]
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

    #[inline]
    fn try_next(&mut self, hand: &mut Option<Queued<S, Q::Replier>>) -> bool {
        *hand = self.storage.0.queue.pop(&mut self.taker);
        hand.is_some()
    }

    #[inline]
    fn begin(&mut self, queued: &Queued<S, Q::Replier>) -> bool {
        let shared = &*self.storage.0;
        if self.is_bounded && queued.cycle() == 0 {
            shared.limit.leave();
        }
        queued.replier().is_none_or(|replier| shared.queue.begin(&mut self.taker, queued.id(), replier))
    }

    fn was_cancelled(&mut self, queued: &Queued<S, Q::Replier>) -> bool {
        let queue = &self.storage.0.queue;
        queued.replier().is_some_and(|replier| queue.was_cancelled(&mut self.taker, queued.id(), replier))
    }

    fn requeue(
        &mut self,
        id: RequestId,
        cycle: u32,
        request: S::Request,
        queued_at: Instant,
    ) -> Result<(), S::Request> {
        let round = Queued::round(id, cycle, request, queued_at);
        self.storage.0.queue.push_round(round).map_err(|refused| refused.into_parts().0)
    }
}
