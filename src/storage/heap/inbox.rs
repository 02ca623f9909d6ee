//! The worker's side of the heap storage: takes requests in turn, and skips the cancelled.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use core::fmt;
use core::future::poll_fn;
use core::mem::take;
use core::task::{Context, Poll};

use async_channel::{Receiver, TryRecvError, TrySendError};
use futures::channel::oneshot;

use super::Heap;
use super::reply::{HeapJob, Queued, Reply};
use crate::sender::MessageSender;
use crate::storage::{Inbox, Settled, Taken};
use crate::strategy::RequestId;

/// The worker's side of [`Heap`].
pub struct HeapInbox<S: MessageSender> {
    storage: Heap<S>,
    queue: Receiver<Queued<S>>,
    /// How many callers' requests came out of the queue.
    taken: usize,
    /// Whether the queue was just found empty.
    found_empty: bool,
    /// Requests to skip, as far as the worker knows. `None` until somebody cancels, and boxed as that is rare.
    #[expect(clippy::box_collection, reason = "a set takes three words while it is empty")]
    cancelled: Option<Box<BTreeSet<RequestId>>>,
}

/// What a worker with nothing to do waits for.
enum Wait<J> {
    /// Nothing any more: here is a request, or there will be none.
    Over(Option<J>),
    /// A request that is about to be put into the queue by one who does not know that the worker waits.
    Announced,
}

impl<S: MessageSender> HeapInbox<S> {
    pub(super) const fn new(storage: Heap<S>, queue: Receiver<Queued<S>>) -> Self {
        Self { storage, queue, taken: 0, found_empty: false, cancelled: None }
    }

    /// Takes the next request that was not cancelled.
    #[inline]
    fn take(&mut self) -> Result<Queued<S>, TryRecvError> {
        loop {
            let queued = self.queue.try_recv()?;
            if self.is_to_be_sent(&queued) {
                return Ok(queued);
            }
        }
    }

    /// Counts what came out of the queue. `false` if it was cancelled.
    #[inline]
    fn is_to_be_sent(&mut self, queued: &Queued<S>) -> bool {
        if queued.cycle() == 0 {
            self.taken = self.taken.wrapping_add(1);
            self.storage.0.bound.leave();
        }
        // That its ticket is gone need not mean that it was cancelled.
        if queued.has_lost_its_ticket() && self.forget_cancelled(queued.id()) {
            self.storage.0.counters.cancelled.add_one();
            return false;
        }
        true
    }

    #[cold]
    fn forget_cancelled(&mut self, id: RequestId) -> bool {
        let Some(notices) = self.storage.0.cancelled.receiver() else { return false };
        let cancelled = self.cancelled.get_or_insert_default();
        while let Ok(id) = notices.try_recv() {
            cancelled.insert(id);
        }
        cancelled.remove(&id)
    }

    fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Wait<Queued<S>>> {
        // The first time it was empty a moment ago; the other times something has come.
        if !take(&mut self.found_empty) {
            match self.take() {
                Ok(job) => return Poll::Ready(Wait::Over(Some(job))),
                Err(TryRecvError::Closed) => return Poll::Ready(Wait::Over(None)),
                Err(TryRecvError::Empty) => {}
            }
        }
        // Nothing is queued, so what is left here came too late for its request.
        self.cancelled = None;
        let may_sleep = self.storage.0.life.wait_for_request(self.taken, cx);
        // It may have come before.
        match self.take() {
            Ok(job) => Poll::Ready(Wait::Over(Some(job))),
            Err(TryRecvError::Closed) => Poll::Ready(Wait::Over(None)),
            Err(TryRecvError::Empty) if may_sleep => Poll::Pending,
            Err(TryRecvError::Empty) => Poll::Ready(Wait::Announced),
        }
    }

    /// Waits by the channel's own means, which allocate, but hear of every request.
    async fn recv(&mut self) -> Option<Queued<S>> {
        loop {
            let queued = self.queue.recv().await.ok()?;
            if self.is_to_be_sent(&queued) {
                return Some(queued);
            }
        }
    }
}

impl<S: MessageSender> Inbox<S, Heap<S>> for HeapInbox<S> {
    #[inline]
    fn storage(&self) -> &Heap<S> {
        &self.storage
    }

    async fn next(&mut self, hand: &mut Option<Queued<S>>) -> bool {
        *hand = match poll_fn(|cx| self.poll_next(cx)).await {
            Wait::Over(next) => next,
            Wait::Announced => self.recv().await,
        };
        hand.is_some()
    }

    #[inline]
    fn next_left(&mut self, hand: &mut Option<Queued<S>>) -> bool {
        *hand = self.take().ok();
        self.found_empty = hand.is_none();
        hand.is_some()
    }

    fn requeue(&mut self, job: HeapJob<S>) -> Result<(), HeapJob<S>> {
        match self.storage.0.requests.try_send(Queued::Other(Box::new(job))).map_err(TrySendError::into_inner)
        {
            Err(Queued::Other(job)) => Err(*job),
            Ok(()) | Err(Queued::Plain(..)) => Ok(()),
        }
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
