//! The worker's side of the heap storage: takes requests in turn, and skips the cancelled.

use alloc::collections::BTreeSet;
use core::fmt;

use async_channel::{Receiver, TryRecvError, TrySendError};
use futures::channel::oneshot;

use super::{Heap, HeapJob};
use crate::sender::MessageSender;
use crate::storage::{Inbox, Settled};
use crate::strategy::RequestId;

/// The worker's side of [`Heap`].
pub struct HeapInbox<S: MessageSender> {
    storage: Heap<S>,
    queue: Receiver<HeapJob<S>>,
    /// Requests to skip, as far as the worker knows.
    cancelled: BTreeSet<RequestId>,
}

impl<S: MessageSender> HeapInbox<S> {
    pub(super) fn new(storage: Heap<S>, queue: Receiver<HeapJob<S>>) -> Self {
        Self { storage, queue, cancelled: BTreeSet::new() }
    }

    /// Whether the job that was just taken is to be served.
    fn is_wanted(&mut self, job: &HeapJob<S>) -> bool {
        if job.cycle == 0 {
            self.storage.0.bound.leave();
        }
        let cancelled = self.was_cancelled(job);
        if cancelled {
            self.storage.0.counters.cancelled.add_one();
        }
        !cancelled
    }

    /// Whether the ticket asked for the request not to be sent.
    fn was_cancelled(&mut self, job: &HeapJob<S>) -> bool {
        job.reply.as_ref().is_some_and(oneshot::Sender::is_canceled) && self.forget_cancelled(job.id)
    }

    fn forget_cancelled(&mut self, id: RequestId) -> bool {
        let Some(notices) = self.storage.cancelled() else { return false };
        while let Ok(id) = notices.try_recv() {
            self.cancelled.insert(id);
        }
        self.cancelled.remove(&id)
    }
}

impl<S: MessageSender> Inbox<S, oneshot::Sender<Settled<S>>> for HeapInbox<S> {
    async fn next(&mut self) -> Option<HeapJob<S>> {
        loop {
            let job = match self.queue.try_recv() {
                Ok(job) => job,
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => {
                    // Nothing is queued, so what is left here came too late for its request.
                    self.cancelled.clear();
                    self.queue.recv().await.ok()?
                }
            };
            if self.is_wanted(&job) {
                return Some(job);
            }
        }
    }

    fn next_left(&mut self) -> Option<HeapJob<S>> {
        loop {
            let job = self.queue.try_recv().ok()?;
            if self.is_wanted(&job) {
                return Some(job);
            }
        }
    }

    fn requeue(&mut self, job: HeapJob<S>) -> Result<(), HeapJob<S>> {
        self.storage.0.requests.try_send(job).map_err(TrySendError::into_inner)
    }

    fn resolve(&mut self, id: RequestId, reply: oneshot::Sender<Settled<S>>, settled: Settled<S>) -> bool {
        // If the ticket was cancelled in flight, its notice has nothing to skip any more.
        reply.send(settled).is_err() && self.forget_cancelled(id)
    }
}

impl<S: MessageSender> fmt::Debug for HeapInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapInbox").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}
