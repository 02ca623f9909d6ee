//! The worker's side of the heap storage: takes requests in turn, and skips the cancelled.

use alloc::collections::{BTreeSet, VecDeque};
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
    /// How many were taken from the queue so far, those that were waited for not counted: nothing is parked then.
    taken: u64,
    /// Re-queued requests that found a bounded queue full: each with the count of taken ones at which its turn
    /// comes, just as if it had stood at the queue's tail.
    parked: VecDeque<(u64, HeapJob<S>)>,
    /// Requests to skip, as far as the worker knows.
    cancelled: BTreeSet<RequestId>,
}

impl<S: MessageSender> HeapInbox<S> {
    pub(super) fn new(storage: Heap<S>, queue: Receiver<HeapJob<S>>) -> Self {
        Self { storage, queue, taken: 0, parked: VecDeque::new(), cancelled: BTreeSet::new() }
    }

    fn take_parked(&mut self) -> Option<HeapJob<S>> {
        self.parked.pop_front().map(|(_, job)| job)
    }

    /// The next job if there is one now; `None` with an open queue means: wait.
    fn try_next(&mut self) -> Result<HeapJob<S>, TryRecvError> {
        if self.parked.front().is_some_and(|(turn, _)| *turn <= self.taken)
            && let Some(job) = self.take_parked()
        {
            return Ok(job);
        }
        match self.queue.try_recv() {
            Ok(job) => {
                self.taken += 1;
                Ok(job)
            }
            Err(nothing) => self.take_parked().ok_or(nothing),
        }
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
            let job = match self.try_next() {
                Ok(job) => job,
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => {
                    // Nothing is queued, so what is left here came too late for its request.
                    self.cancelled.clear();
                    self.queue.recv().await.ok()?
                }
            };
            if !self.was_cancelled(&job) {
                return Some(job);
            }
        }
    }

    fn next_left(&mut self) -> Option<HeapJob<S>> {
        loop {
            let job = self.try_next().ok()?;
            if !self.was_cancelled(&job) {
                return Some(job);
            }
        }
    }

    fn requeue(&mut self, job: HeapJob<S>) -> Result<(), HeapJob<S>> {
        match self.storage.0.requests.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(job)) => {
                self.parked.push_back((self.taken + self.queue.len() as u64, job));
                Ok(())
            }
            Err(TrySendError::Closed(job)) => Err(job),
        }
    }

    fn resolve(&mut self, id: RequestId, reply: oneshot::Sender<Settled<S>>, settled: Settled<S>) -> bool {
        // If the ticket was cancelled in flight, its notice has nothing to skip any more.
        reply.send(settled).is_err() && self.forget_cancelled(id)
    }
}

impl<S: MessageSender> fmt::Debug for HeapInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapInbox").field("taken", &self.taken).finish_non_exhaustive()
    }
}
