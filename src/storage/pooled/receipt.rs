//! The ticket's end of a reply: a slot of the pool.

use core::fmt;
use core::sync::atomic::Ordering;
use core::task::{Context, Poll};

use super::Pooled;
use super::pool::{Look, SlotIndex};
use crate::sender::MessageSender;
use crate::storage::heap::reply::Reply;
use crate::storage::{Receipt, Settled};
use crate::strategy::RequestId;

/// Owns a slot until the reply is taken, or the ticket gone.
pub struct PooledReceipt<S: MessageSender> {
    storage: Pooled<S>,
    slot: SlotIndex,
}

/// The slot of one that owns none any more.
const NONE: SlotIndex = SlotIndex::MAX;

impl<S: MessageSender> PooledReceipt<S> {
    pub(super) const fn new(storage: Pooled<S>, slot: SlotIndex) -> Self {
        Self { storage, slot }
    }
}

impl<S: MessageSender> Receipt<S> for PooledReceipt<S> {
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled<S>> {
        let look = self.storage.lock().look(self.slot, cx.waker());
        match look {
            Look::Settled(reply) => {
                self.slot = NONE;
                Poll::Ready(Reply::into_settled(reply))
            }
            Look::Waits(_replaced) => Poll::Pending,
        }
    }

    #[inline]
    fn try_take(&mut self) -> Option<Settled<S>> {
        // One lock does both, to look and to wait.
        None
    }

    fn cancel(&mut self, _: RequestId) -> bool {
        if self.slot == NONE {
            return false;
        }
        let shared = &self.storage.0;
        let cancelled = {
            let mut pool = self.storage.lock();
            let cancelled = pool.cancel(self.slot);
            if cancelled.is_some() {
                shared.cancelled.fetch_add(1, Ordering::AcqRel);
            }
            cancelled
        };
        if cancelled.is_some() {
            self.slot = NONE;
        }
        cancelled.is_some()
    }
}

impl<S: MessageSender> Drop for PooledReceipt<S> {
    #[inline]
    fn drop(&mut self) {
        if self.slot != NONE {
            let _to_be_dropped_unlocked = self.storage.lock().leave(self.slot);
        }
    }
}

impl<S: MessageSender> fmt::Debug for PooledReceipt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledReceipt").finish_non_exhaustive()
    }
}
