//! The worker's side of the heap storage: takes requests in turn, and skips the cancelled.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll};

use async_channel::{Receiver, TryRecvError, TrySendError};
use futures::channel::oneshot;

use super::Heap;
use super::backed::Backed;
use super::ids::Ids;
use super::reply::{HeapJob, Queued, Reply};
use crate::contain::contain;
use crate::results::Answer;
use crate::sender::{MessageResponse, MessageSender};
use crate::storage::{Inbox, Phase, Settled, Taken, put};
use crate::strategy::RequestId;

/// The worker's side of [`Heap`].
pub struct HeapInbox<S: MessageSender> {
    storage: Heap<S>,
    /// Once there is one. It is kept here, as is whether it is bounded: to ask the storage would fetch what callers write for
    /// each request.
    queue: Option<Receiver<Queued<S>>>,
    is_bounded: bool,
    /// How many requests are in the queue or about to be, as far as the worker knows. It wraps: one that the worker has not
    /// heard of yet may come out first.
    left: usize,
    /// Requests to skip, as far as the worker knows. `None` until somebody cancels, and boxed as that is rare.
    #[expect(clippy::box_collection, reason = "a set takes three words while it is empty")]
    cancelled: Option<Box<BTreeSet<RequestId>>>,
}

/// What a worker with nothing to do finds.
enum Wait {
    /// A request: it is in hand.
    Over,
    /// None, and none will come.
    NoneAnyMore,
    /// One that is about to be put into the queue, by a caller who may not know that the worker waits.
    Announced,
}

impl<S: MessageSender> HeapInbox<S> {
    pub(super) fn new(storage: Heap<S>) -> Self {
        let is_bounded = storage.0.common.bound.is_there();
        Self { storage, queue: None, is_bounded, left: 0, cancelled: None }
    }

    /// Takes the next request that was not cancelled.
    #[expect(
        clippy::inline_always,
        reason = "on the way of each request, where a call costs as much as the rest"
    )]
    #[inline(always)]
    fn take(&mut self, hand: &mut Option<Queued<S>>) -> Result<(), TryRecvError> {
        loop {
            let received = match &self.queue {
                Some(queue) => queue.try_recv(),
                None => self.take_first(),
            };
            // By `?` a request would be moved once more on its way.
            match received {
                Ok(queued) => put(hand, queued),
                Err(why) => return Err(why),
            }
            if !hand.as_ref().is_some_and(|queued| self.count_out(queued)) {
                return Ok(());
            }
            contain(|| drop(hand.take()));
            // The worker is to know of what it takes, or it would not see that it has taken all.
            if self.is_idle() {
                return Err(TryRecvError::Empty);
            }
        }
    }

    /// Counts what came out of the queue. Tells whether it was cancelled.
    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    fn count_out(&mut self, queued: &Queued<S>) -> bool {
        self.left = self.left.wrapping_sub(1);
        if self.is_bounded && queued.cycle() == 0 {
            self.storage.0.common.bound.leave();
        }
        // That its ticket is gone need not mean that it was cancelled.
        let cancelled =
            queued.reply().is_some_and(oneshot::Sender::is_canceled) && self.forget_cancelled(queued.id());
        if cancelled {
            self.storage.common().counters().cancelled.add_one();
        }
        cancelled
    }

    /// Likewise, the first time.
    #[cold]
    fn take_first(&mut self) -> Result<Queued<S>, TryRecvError> {
        let queue = self.storage.0.requests.receiver().ok_or(TryRecvError::Empty)?;
        self.queue.insert(queue.clone()).try_recv()
    }

    #[cold]
    fn publish_other(&mut self, job: &HeapJob<S>, attempts: u32, response: MessageResponse<S>) -> bool {
        self.storage.common().publish(Answer { id: job.id, cycle: job.cycle, attempts, response })
    }

    #[cold]
    fn forget_cancelled(&mut self, id: RequestId) -> bool {
        let Some(notices) = self.storage.common().cancelled() else { return false };
        let cancelled = self.cancelled.get_or_insert_default();
        while let Ok(id) = notices.try_recv() {
            cancelled.insert(id);
        }
        cancelled.remove(&id)
    }

    /// Whether nothing is in the queue, nor about to be. To know that costs less than to look.
    #[inline]
    fn is_idle(&mut self) -> bool {
        if self.left == 0 {
            self.expect(self.storage.0.ids.issued());
        }
        self.left == 0
    }

    /// So many callers' requests have an id by now.
    fn expect(&mut self, issued: usize) {
        let heard = &self.storage.0.heard;
        self.left = self.left.wrapping_add(Ids::between(heard.get(), issued));
        heard.set(issued);
    }

    fn poll_next(&mut self, hand: &mut Option<Queued<S>>, cx: &Context<'_>) -> Poll<Wait> {
        loop {
            if self.is_idle() {
                let shared = &*self.storage.0;
                shared.common.life.register_worker(cx);
                let issued = shared.ids.fall_asleep();
                // The waker was left before the phase is asked, so that whoever closes the queue finds it.
                if issued == shared.heard.get() && shared.common.life.phase() == Phase::Open {
                    // What is left here came too late for its request.
                    self.cancelled = None;
                    return Poll::Pending;
                }
                self.expect(issued);
            }
            let announced = self.left != 0;
            return Poll::Ready(match self.take(hand) {
                Ok(()) => Wait::Over,
                Err(TryRecvError::Closed) => Wait::NoneAnyMore,
                // What was announced was cancelled.
                Err(TryRecvError::Empty) if announced && self.is_idle() => continue,
                Err(TryRecvError::Empty) => Wait::Announced,
            });
        }
    }

    /// Waits by the channel's own means, which allocate, but hear of every request. Gives `false` if none will come, and takes
    /// nothing in hand if what came was cancelled.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn recv(&mut self, hand: &mut Option<Queued<S>>) -> impl Future<Output = bool> {
        async move {
            let queue = self.queue.get_or_insert_with(|| self.storage.0.requests.channel().1.clone());
            let Ok(queued) = queue.recv().await else { return false };
            if self.count_out(&queued) {
                contain(|| drop(queued));
            } else {
                put(hand, queued);
            }
            true
        }
    }
}

impl<S: MessageSender> Inbox<S, Heap<S>> for HeapInbox<S> {
    #[inline]
    fn storage(&self) -> &Heap<S> {
        &self.storage
    }

    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn next(&mut self, hand: &mut Option<Queued<S>>) -> impl Future<Output = bool> {
        async move {
            loop {
                match poll_fn(|cx| self.poll_next(hand, cx)).await {
                    Wait::Over => return true,
                    Wait::NoneAnyMore => return false,
                    Wait::Announced => {
                        if !self.recv(hand).await {
                            return false;
                        }
                        // What came may have been cancelled.
                        if hand.is_some() {
                            return true;
                        }
                    }
                }
            }
        }
    }

    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    fn next_left(&mut self, hand: &mut Option<Queued<S>>) -> bool {
        !self.is_idle() && self.take(hand).is_ok()
    }

    fn requeue(&mut self, job: HeapJob<S>) -> Result<(), HeapJob<S>> {
        let requests = self.storage.0.requests.sender();
        match requests.try_send(Queued::other(job)).map_err(TrySendError::into_inner) {
            Err(Queued::Other(job)) => Err(*job),
            Ok(()) | Err(Queued::Plain(..)) => {
                self.left = self.left.wrapping_add(1);
                Ok(())
            }
        }
    }

    #[inline]
    fn resolve(&mut self, id: RequestId, reply: oneshot::Sender<Reply<S>>, settled: Settled<S>) -> bool {
        // If the ticket was cancelled in flight, its notice has nothing to skip any more.
        reply.send(Reply::new(settled)).is_err() && self.forget_cancelled(id)
    }

    #[expect(
        clippy::inline_always,
        reason = "on the way of each response: what is known of it is known to the end"
    )]
    #[inline(always)]
    fn publish(&mut self, taken: &Queued<S>, attempts: u32, response: MessageResponse<S>) -> bool {
        match taken {
            Queued::Plain(id, ..) => {
                self.storage.common().publish(Answer { id: *id, cycle: 0, attempts, response })
            }
            Queued::Other(job) => self.publish_other(job, attempts, response),
        }
    }

    #[inline]
    fn announce(&mut self) {
        self.storage.common().results.announce();
    }

    fn poll_published(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.storage.common().poll_published(cx)
    }
}

impl<S: MessageSender> fmt::Debug for HeapInbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapInbox").field("queued", &self.storage.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::KeepResults;
    use crate::runtime::Instant;
    use crate::sender::echo::Echo;
    use crate::storage::Receipt;

    #[test]
    fn it_knows_that_it_has_taken_all_when_one_came_behind_a_cancelled_one() {
        let (storage, mut inbox) = Heap::<Echo>::new(None, KeepResults::default());
        let push = |request| storage.push(&mut Some(request), Instant::NEVER).unwrap();
        let mut hand = None;
        let (id, mut receipt) = push(7);
        assert!(!inbox.is_idle());
        assert!(receipt.cancel(id));
        let _receipt = push(8);
        assert!(inbox.next_left(&mut hand));
        assert_eq!(hand.map(|queued| *queued.request()), Some(8));
        assert!(inbox.is_idle());
    }
}
