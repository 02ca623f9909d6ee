//! The ticket's end of a oneshot.

use core::fmt;
use core::task::{Context, Poll};

use futures::channel::oneshot::{Canceled, Receiver, channel};
use futures::future::FutureExt;

use super::Heap;
use super::backed::Backed;
use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Receipt, Settled};
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

    /// Puts back a reply that came before its request was cancelled.
    fn keep(&mut self, reply: Settled<S>) -> Cancel {
        let (again, receiver) = channel();
        let _ = again.send(reply);
        self.receiver = receiver;
        Cancel::TooLate
    }
}

impl<S: MessageSender> Receipt<S> for HeapReceipt<S> {
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled<S>> {
        let reply = self.receiver.poll_unpin(cx);
        reply.map(|reply| reply.unwrap_or_else(|_| Settled::no_answer(NoAnswer::Stopped, 0)))
    }

    fn cancel(&mut self, id: RequestId) -> Cancel {
        match self.receiver.try_recv() {
            Ok(None) => {}
            Ok(Some(reply)) => return self.keep(reply),
            Err(Canceled) => return Cancel::TooLate,
        }
        // A oneshot only says that its ticket is gone, and a dropped ticket does not cancel. So this travels beside it, and
        // before it closes: a worker that sees it closed must find this.
        let _ = self.storage.common().cancelled.push(id);
        self.receiver.close();
        match self.receiver.try_recv() {
            Ok(Some(late)) => self.keep(late),
            _ => self.storage.0.turns_begun.cancel(id),
        }
    }
}

impl<S: MessageSender> fmt::Debug for HeapReceipt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapReceipt").finish_non_exhaustive()
    }
}
