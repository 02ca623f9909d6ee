//! The queue of the default storage: an `async-channel` of requests, and a `futures` oneshot for each reply. A
//! request costs one allocation, its oneshot.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use core::future::Future;
use core::iter::from_fn;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use core::task::{Context, Poll};

use async_channel::{Receiver, Sender};
use concurrent_queue::ConcurrentQueue;
use futures::channel::oneshot;
use futures::future::FutureExt;
use once_cell::race::OnceBox;

use super::queue::{Queue, Queued};
use super::{Heap, Shared};
use crate::answer::RequestId;
use crate::contain::contain;
use crate::error::NoAnswer;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Enqueued, QueuedRequest, Refused, Reply, take};

/// A channel without its own waits: a caller wakes the worker through its task's waker, never under a lock.
pub struct Channel<S: MessageSender> {
    next_id: AtomicUsize,
    sender: Sender<Queued<S, Replier<S>>>,
    worker_sleeps: AtomicBool,
    /// The ids of cancelled tickets, which a oneshot cannot report. Created for the first one.
    notices: OnceBox<ConcurrentQueue<RequestId>>,
}

type Replier<S> = oneshot::Sender<Reply<S>>;

/// The worker's end of the queue.
pub struct Taker<S: MessageSender> {
    receiver: Receiver<Queued<S, Replier<S>>>,
    /// The notices that the worker has read and not used yet.
    cancelled: BTreeSet<RequestId>,
}

impl<S: MessageSender> Channel<S> {
    fn take_notices(&self) -> impl Iterator<Item = RequestId> {
        from_fn(|| self.notices.get()?.pop().ok())
    }
}

impl<S: MessageSender> Queue<S> for Channel<S> {
    type Taker = Taker<S>;
    type Replier = Replier<S>;
    type ReplyReceiver = ReplyReceiver<S>;

    fn new() -> (Self, Taker<S>) {
        let (sender, receiver) = async_channel::unbounded();
        let queue = Self {
            next_id: AtomicUsize::new(0),
            sender,
            worker_sleeps: AtomicBool::new(false),
            notices: OnceBox::new(),
        };
        (queue, Taker { receiver, cancelled: BTreeSet::new() })
    }

    fn push(
        storage: &Heap<S, Self>,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<ReplyReceiver<S>> {
        let Shared { queue, life, .. } = &*storage.0;
        let id = RequestId::new(queue.next_id.fetch_add(1, Ordering::Relaxed) as u64);
        let (replier, receiver) = oneshot::channel();
        if let Err(refused) = queue.sender.try_send(Queued::new(id, take(request), queued_at, replier)) {
            *request = Some(refused.into_inner().into_parts().0);
            return Err(Refused::Closing);
        }
        // Pairs with the fence in `sleep_or_end`: either the worker sees the request, or this call sees the worker.
        fence(Ordering::SeqCst);
        if queue.worker_sleeps.load(Ordering::Relaxed) && queue.worker_sleeps.swap(false, Ordering::Relaxed) {
            life.wake_worker();
        }
        Ok((id, ReplyReceiver { receiver, storage: storage.clone() }))
    }

    fn push_round(&self, round: Queued<S, Replier<S>>) -> Result<(), Queued<S, Replier<S>>> {
        self.sender.try_send(round).map_err(async_channel::TrySendError::into_inner)
    }

    fn pop(&self, taker: &mut Taker<S>) -> Option<Queued<S, Replier<S>>> {
        if let Ok(queued) = taker.receiver.try_recv() {
            return Some(queued);
        }
        // If the queue is still empty after the notices are read, their requests have had their turn.
        taker.cancelled.extend(self.take_notices());
        if taker.cancelled.is_empty() {
            return None;
        }
        let queued = taker.receiver.try_recv().ok();
        if queued.is_none() {
            taker.cancelled.clear();
        }
        queued
    }

    fn sleep_or_end(&self, _: &mut Taker<S>) -> bool {
        self.worker_sleeps.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.sender.is_closed()
    }

    fn close(&self) {
        self.sender.close();
    }

    fn len(&self) -> usize {
        self.sender.len()
    }

    fn begin(storage: &Heap<S>, taker: &mut Taker<S>, id: RequestId, replier: &Replier<S>) -> bool {
        storage.0.begun.begin(id);
        !(replier.is_canceled() && storage.0.queue.was_cancelled(taker, id))
    }

    /// Looks for a notice, as a dropped ticket closes the oneshot, too.
    fn was_cancelled(&self, taker: &mut Taker<S>, id: RequestId) -> bool {
        taker.cancelled.extend(self.take_notices());
        taker.cancelled.remove(&id)
    }

    fn settle(replier: Replier<S>, reply: Reply<S>) -> bool {
        // `send` calls the ticket's waker, and a reply that it returns is dropped here.
        contain(|| replier.send(reply).is_ok()).unwrap_or(true)
    }

    fn cancel(receiver: &mut ReplyReceiver<S>, id: RequestId) -> Cancel {
        receiver.cancel(id)
    }
}

/// The ticket's end of a oneshot.
pub struct ReplyReceiver<S: MessageSender> {
    receiver: oneshot::Receiver<Reply<S>>,
    storage: Heap<S>,
}

impl<S: MessageSender> ReplyReceiver<S> {
    fn cancel(&mut self, id: RequestId) -> Cancel {
        match self.receiver.try_recv() {
            Ok(None) => {}
            Ok(Some(reply)) => return self.put_back(reply),
            Err(oneshot::Canceled) => return Cancel::TooLate,
        }
        // A closed oneshot only says that its ticket is gone, and a dropped ticket does not cancel. So the notice
        // is pushed before the oneshot closes: a worker that finds it closed finds the notice.
        let notices = &self.storage.0.queue.notices;
        // This queue is never closed.
        let _ = notices.get_or_init(|| Box::new(ConcurrentQueue::unbounded())).push(id);
        self.receiver.close();
        match self.receiver.try_recv() {
            Ok(Some(late)) => self.put_back(late),
            _ => self.storage.0.begun.cancel(id),
        }
    }

    /// Puts back a reply that came before its request was cancelled.
    fn put_back(&mut self, reply: Reply<S>) -> Cancel {
        let (again, receiver) = oneshot::channel();
        let _ = again.send(reply);
        self.receiver = receiver;
        Cancel::TooLate
    }
}

impl<S: MessageSender> Future for ReplyReceiver<S> {
    type Output = Reply<S>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reply<S>> {
        let reply = self.receiver.poll_unpin(cx);
        reply.map(|reply| reply.unwrap_or_else(|oneshot::Canceled| Reply::no_answer(NoAnswer::Stopped, 0)))
    }
}

/// One more than the highest id of a request whose turn has begun, for a ticket that is cancelled. It wraps. Ids
/// are in the order of the queue, except for callers that enqueue at the same moment.
pub(super) struct Begun(AtomicUsize);

#[expect(clippy::cast_possible_truncation, reason = "as many ids as an address has bits are told apart")]
const fn short(id: RequestId) -> usize {
    id.get() as usize
}

impl Begun {
    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Records that the turn of `id` begins, before the worker checks whether it was cancelled.
    #[inline]
    fn begin(&self, id: RequestId) {
        if !self.includes(id) {
            self.0.store(short(id).wrapping_add(1), Ordering::Relaxed);
        }
        // Pairs with the fence in `cancel`: either the worker sees the cancelled ticket, or the ticket sees the turn.
        fence(Ordering::SeqCst);
    }

    /// Returns the fate of the request `id`, after its oneshot is closed.
    fn cancel(&self, id: RequestId) -> Cancel {
        fence(Ordering::SeqCst);
        if self.includes(id) { Cancel::InFlight } else { Cancel::Skipped }
    }

    #[inline]
    fn includes(&self, id: RequestId) -> bool {
        self.0.load(Ordering::Relaxed).wrapping_sub(short(id)).cast_signed() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keep_results::KeepResults;
    use crate::sender::echo::Echo;

    #[test]
    fn no_notice_is_kept_of_a_turn_that_has_ended_though_the_queue_is_never_empty() {
        let (storage, mut worker_side) = Heap::<Echo>::for_runner(None, KeepResults::default());
        let (queue, taker) = (&storage.0.queue, &mut worker_side.taker);
        let push = || Channel::push(&storage, &mut Some(0), Instant::NEVER).unwrap();
        let mut next = push();
        for _ in 0..100 {
            let behind = push();
            let queued = queue.pop(taker).unwrap();
            assert!(Channel::begin(&storage, taker, next.0, queued.replier().unwrap()));
            assert_eq!(Channel::cancel(&mut next.1, next.0), Cancel::InFlight);
            let reply = Reply::no_answer(NoAnswer::Stopped, 1);
            assert!(!Channel::<Echo>::settle(queued.into_parts().1.unwrap(), reply));
            assert!(queue.was_cancelled(taker, next.0) && taker.cancelled.is_empty());
            next = behind;
        }
    }

    #[test]
    fn a_turn_that_has_begun_stays_so_in_whatever_order_they_come() {
        let begun = Begun::new();
        let id = RequestId::new;
        assert_eq!(begun.cancel(id(0)), Cancel::Skipped);
        for (begins, ended) in [(0, [true, false, false]), (2, [true, true, true]), (1, [true, true, true])] {
            begun.begin(id(begins));
            let seen = [0, 1, 2].map(|other| begun.cancel(id(other)) == Cancel::InFlight);
            assert_eq!(seen, ended);
        }
    }
}
