//! The ticket's end of a oneshot.

use core::fmt;
use core::task::{Context, Poll};

use futures::channel::oneshot::{Receiver, channel};
use futures::future::{FusedFuture, FutureExt};

use super::Heap;
use super::backed::Backed;
use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Receipt, Settled};
use crate::strategy::RequestId;

/// The ticket's end of a reply on the heap.
pub struct HeapReceipt<S: MessageSender> {
    receiver: Receiver<Settled<S>>,
    storage: Heap<S>,
}

impl<S: MessageSender> HeapReceipt<S> {
    pub(super) const fn new(receiver: Receiver<Settled<S>>, storage: Heap<S>) -> Self {
        Self { receiver, storage }
    }
}

impl<S: MessageSender> Receipt<S> for HeapReceipt<S> {
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled<S>> {
        let reply = self.receiver.poll_unpin(cx);
        reply.map(|reply| reply.unwrap_or_else(|_| Settled::no_answer(NoAnswer::Stopped, 0)))
    }

    fn cancel(&mut self, id: RequestId) -> bool {
        if self.receiver.is_terminated() {
            return false;
        }
        // A oneshot only says that its ticket is gone, and a dropped ticket does not cancel. So this travels beside it, and
        // before it closes: a worker that sees it closed must find this.
        let _ = self.storage.common().cancelled.push(id);
        self.receiver.close();
        let Ok(Some(late)) = self.receiver.try_recv() else { return true };
        // The reply came just before that, and is to be kept.
        let (again, receiver) = channel();
        let _ = again.send(late);
        self.receiver = receiver;
        false
    }
}

impl<S: MessageSender> fmt::Debug for HeapReceipt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapReceipt").finish_non_exhaustive()
    }
}
