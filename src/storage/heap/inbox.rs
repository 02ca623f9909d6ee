//! The worker's side of the heap storage: takes requests in turn, and skips the cancelled.

use alloc::collections::BTreeSet;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use async_channel::{Receiver, TryRecvError, TrySendError};
use futures::channel::oneshot;

use super::Heap;
use super::reply::{HeapJob, Queued, Reply};
use crate::sender::MessageSender;
use crate::storage::{Inbox, Settled};
use crate::strategy::RequestId;

/// The worker's side of [`Heap`].
pub struct HeapInbox<S: MessageSender> {
    storage: Heap<S>,
    queue: Receiver<Queued<S>>,
    /// Requests to skip, as far as the worker knows.
    cancelled: BTreeSet<RequestId>,
}

impl<S: MessageSender> HeapInbox<S> {
    pub(super) fn new(storage: Heap<S>, queue: Receiver<Queued<S>>) -> Self {
        Self { storage, queue, cancelled: BTreeSet::new() }
    }

    /// Takes the next request that was not cancelled.
    #[inline]
    fn take(&mut self) -> Result<HeapJob<S>, TryRecvError> {
        loop {
            let job = self.queue.try_recv()?.into_job();
            if job.cycle == 0 {
                self.storage.0.bound.leave();
            }
            if !self.was_cancelled(&job) {
                return Ok(job);
            }
            self.storage.0.counters.cancelled.add_one();
        }
    }

    /// Whether the ticket asked for the request not to be sent.
    fn was_cancelled(&mut self, job: &HeapJob<S>) -> bool {
        job.reply.as_ref().is_some_and(oneshot::Sender::is_canceled) && self.forget_cancelled(job.id)
    }

    fn forget_cancelled(&mut self, id: RequestId) -> bool {
        let Some(notices) = self.storage.0.cancelled.receiver() else { return false };
        while let Ok(id) = notices.try_recv() {
            self.cancelled.insert(id);
        }
        self.cancelled.remove(&id)
    }

    fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<HeapJob<S>>> {
        // Nothing was queued just now, so what is left here came too late for its request.
        if !self.cancelled.is_empty() {
            self.cancelled.clear();
        }
        self.storage.0.life.wait_for_request(cx);
        match self.take() {
            Ok(job) => Poll::Ready(Some(job)),
            Err(TryRecvError::Closed) => Poll::Ready(None),
            Err(TryRecvError::Empty) => Poll::Pending,
        }
    }
}

impl<S: MessageSender> Inbox<S, oneshot::Sender<Reply<S>>> for HeapInbox<S> {
    async fn next(&mut self) -> Option<HeapJob<S>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    #[inline]
    fn next_left(&mut self) -> Option<HeapJob<S>> {
        self.take().ok()
    }

    fn requeue(&mut self, job: HeapJob<S>) -> Result<(), HeapJob<S>> {
        let put = self.storage.0.requests.try_send(Queued::new(job));
        put.map_err(TrySendError::into_inner).map_err(Queued::into_job)
    }

    #[inline]
    fn resolve(&mut self, id: RequestId, reply: oneshot::Sender<Reply<S>>, settled: Settled<S>) -> bool {
        // If the ticket was cancelled in flight, its notice has nothing to skip any more.
        reply.send(Reply::new(settled)).is_err() && self.forget_cancelled(id)
    }
}

impl<S: MessageSender> fmt::Debug for HeapInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapInbox").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}
