//! A oneshot for a reply: as that of `futures`, but its ticket can take the request back, which is more than to be dropped.

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};

use concurrent_queue::{ConcurrentQueue, PopError};
use futures::task::AtomicWaker;

use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Receipt, Settled};
use crate::strategy::RequestId;

/// The worker's end and the ticket's.
pub(super) fn channel<S: MessageSender>() -> (Replier<S>, HeapReceipt<S>) {
    let place = Arc::new(Place { reply: ConcurrentQueue::bounded(1), ticket: AtomicWaker::new() });
    (Replier(Arc::clone(&place)), HeapReceipt(place))
}

struct Place<S: MessageSender> {
    /// Closed once no reply will come: the worker is gone, or the ticket took its request back.
    reply: ConcurrentQueue<Settled<S>>,
    ticket: AtomicWaker,
}

/// The worker's end. Dropped without a reply, it ends the ticket as stopped.
pub struct Replier<S: MessageSender>(Arc<Place<S>>);

impl<S: MessageSender> Replier<S> {
    /// Whether the ticket took its request back.
    pub(super) fn is_cancelled(&self) -> bool {
        self.0.reply.is_closed()
    }

    /// Gives the ticket its reply. Tells whether it took its request back instead.
    pub(super) fn settle(self, settled: Settled<S>) -> bool {
        self.0.reply.push(settled).is_err()
    }
}

impl<S: MessageSender> Drop for Replier<S> {
    fn drop(&mut self) {
        self.0.reply.close();
        self.0.ticket.wake();
    }
}

/// The ticket's end.
pub struct HeapReceipt<S: MessageSender>(Arc<Place<S>>);

impl<S: MessageSender> HeapReceipt<S> {
    fn take(&self) -> Poll<Settled<S>> {
        match self.0.reply.pop() {
            Ok(settled) => Poll::Ready(settled),
            Err(PopError::Closed) => Poll::Ready(Settled::no_answer(NoAnswer::Stopped, 0)),
            Err(PopError::Empty) => Poll::Pending,
        }
    }
}

impl<S: MessageSender> Receipt<S> for HeapReceipt<S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled<S>> {
        if let Poll::Ready(settled) = self.take() {
            return Poll::Ready(settled);
        }
        self.0.ticket.register(cx.waker());
        // It may have come before the waker was there.
        self.take()
    }

    fn cancel(&mut self, _: RequestId) -> bool {
        // A reply that came before stays.
        self.0.reply.close() && self.0.reply.is_empty()
    }
}

impl<S: MessageSender> Drop for HeapReceipt<S> {
    fn drop(&mut self) {
        self.0.ticket.take();
    }
}

impl<S: MessageSender> fmt::Debug for HeapReceipt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapReceipt").finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use core::task::Waker;

    use super::*;
    use crate::error::SendError;
    use crate::sender::echo::Echo;
    use crate::storage::counting_task::CountingTask;

    fn poll(receipt: &mut HeapReceipt<Echo>, waker: &Waker) -> Poll<Option<u64>> {
        receipt.poll(&mut Context::from_waker(waker)).map(|settled| match settled.result {
            Ok(message) => Some(message),
            Err(SendError::NoAnswer(NoAnswer::Stopped)) => None,
            Err(_) => panic!("nobody said so"),
        })
    }

    fn seven() -> Settled<Echo> {
        Settled { result: Ok(7), attempts: 1 }
    }

    #[test]
    fn a_reply_waits_for_its_ticket_and_cannot_be_cancelled_any_more() {
        let (replier, mut receipt) = channel();
        assert!(!replier.settle(seven()));
        assert!(!receipt.cancel(RequestId::new(0)));
        assert_eq!(poll(&mut receipt, Waker::noop()), Poll::Ready(Some(7)));
    }

    #[test]
    fn a_ticket_that_waits_is_woken_whether_a_reply_came_or_not() {
        for reply in [Some(7), None] {
            let task = Arc::new(CountingTask::default());
            let waker = task.clone().into();
            let (replier, mut receipt) = channel();
            assert!(poll(&mut receipt, &waker).is_pending());
            if reply.is_some() {
                assert!(!replier.settle(seven()));
            } else {
                drop(replier);
            }
            assert_eq!(task.woken(), 1);
            assert_eq!(poll(&mut receipt, &waker), Poll::Ready(reply));
        }
    }

    #[test]
    fn a_cancelled_ticket_is_told_from_a_dropped_one() {
        let task = Arc::new(CountingTask::default());
        for cancels in [false, true] {
            let (replier, mut receipt) = channel();
            assert!(poll(&mut receipt, &task.clone().into()).is_pending());
            assert!(!cancels || receipt.cancel(RequestId::new(0)));
            drop(receipt);
            assert_eq!(Arc::strong_count(&task), 1, "a waker is left behind");
            assert_eq!(replier.is_cancelled(), cancels);
            assert_eq!(replier.settle(seven()), cancels);
        }
    }
}
