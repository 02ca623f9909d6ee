//! The worker's side of the heap storage: takes requests in turn, and knows the cancelled.

use alloc::collections::BTreeSet;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use async_channel::{Receiver, TrySendError};

use super::backed::Backed;
use super::{Heap, Queued, Replier};
use crate::answer::Answer;
use crate::sender::{MessageResponse, MessageSender};
use crate::storage::{Inbox, Job, Settled, Taken};
use crate::strategy::RequestId;

type HeapJob<S> = Job<<S as MessageSender>::Request, Replier<S>>;

/// The worker's side of [`Heap`].
pub struct HeapInbox<S: MessageSender> {
    storage: Heap<S>,
    queue: Receiver<Queued<S>>,
    /// Requests to skip, as far as the worker knows.
    cancelled: BTreeSet<RequestId>,
    /// The one that the queue calls; the worker's own waits in the life.
    waker: Waker,
}

impl<S: MessageSender> HeapInbox<S> {
    pub(super) const fn new(storage: Heap<S>, queue: Receiver<Queued<S>>, waker: Waker) -> Self {
        Self { storage, queue, cancelled: BTreeSet::new(), waker }
    }

    /// Forgets the notices that came too late for their requests: those that were there before the queue was empty. Returns
    /// true if it is not empty any more.
    fn forget_late_notices(&mut self, hand: &mut Option<Queued<S>>) -> bool {
        if self.storage.common().cancelled.holds_any() {
            self.cancelled.extend(self.storage.common().cancelled.drain());
            *hand = self.queue.try_recv().ok();
        }
        if hand.is_none() {
            self.cancelled.clear();
        }
        hand.is_some()
    }

    fn was_cancelled(&mut self, id: RequestId) -> bool {
        self.cancelled.extend(self.storage.common().cancelled.drain());
        self.cancelled.remove(&id)
    }
}

impl<S: MessageSender> Inbox<S, Heap<S>> for HeapInbox<S> {
    fn storage(&self) -> &Heap<S> {
        &self.storage
    }

    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn next(&mut self, hand: &mut Option<Queued<S>>) -> impl Future<Output = bool> {
        async move {
            let mut next = pin!(self.queue.recv());
            let (life, waker) = (&self.storage.common().life, &self.waker);
            *hand = poll_fn(|cx| {
                life.register_worker(cx);
                next.as_mut().poll(&mut Context::from_waker(waker))
            })
            .await
            .ok();
            hand.is_some()
        }
    }

    #[inline]
    fn next_left(&mut self, hand: &mut Option<Queued<S>>) -> bool {
        *hand = self.queue.try_recv().ok();
        hand.is_some() || self.forget_late_notices(hand)
    }

    #[inline]
    fn accept(&mut self, queued: &Queued<S>) -> bool {
        if queued.cycle() == 0 {
            self.storage.common().bound.leave();
            self.storage.0.turns_begun.begin(queued.id());
        }
        // That its ticket is gone need not mean that it was cancelled.
        !(queued.reply().is_some_and(Replier::<S>::is_canceled) && self.was_cancelled(queued.id()))
    }

    fn requeue(&mut self, job: HeapJob<S>) -> Result<(), HeapJob<S>> {
        match self.storage.0.sender.try_send(Queued::other(job)) {
            Err(TrySendError::Closed(Queued::Other(job))) => Err(*job),
            _ => Ok(()),
        }
    }

    #[inline]
    fn resolve(&mut self, id: RequestId, replier: Replier<S>, settled: Settled<S>) -> bool {
        replier.send(settled).is_err() && self.was_cancelled(id)
    }

    #[inline]
    fn publish(&mut self, taken: &Queued<S>, attempts: u32, response: MessageResponse<S>) -> bool {
        self.storage.common().publish(Answer { id: taken.id(), cycle: taken.cycle(), attempts, response })
    }

    fn poll_published(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.storage.common().poll_published(cx)
    }
}

impl<S: MessageSender> fmt::Debug for HeapInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapInbox").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}
