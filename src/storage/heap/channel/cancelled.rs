//! What a ticket and the worker tell each other when a request is cancelled, where its oneshot can't.

use core::sync::atomic::{AtomicUsize, Ordering, fence};

use crate::answer::RequestId;
use crate::storage::Cancel;
use crate::storage::heap::lazy_queue::LazyQueue;

pub(super) struct Cancelled {
    notices: LazyQueue<RequestId>,
    /// One more than the highest id of a request whose turn has begun; it wraps. Ids are in the order of the queue, but for
    /// those of callers that enqueue at the same moment.
    begun: AtomicUsize,
}

#[expect(clippy::cast_possible_truncation, reason = "as many ids as an address has bits are told apart")]
const fn short(id: RequestId) -> usize {
    id.get() as usize
}

impl Cancelled {
    pub(super) const fn new() -> Self {
        Self { notices: LazyQueue::new(), begun: AtomicUsize::new(0) }
    }

    /// Notes that the turn of `id` begins, before the worker looks whether it was cancelled.
    #[inline]
    pub(super) fn begin(&self, id: RequestId) {
        if !self.has_begun(id) {
            self.begun.store(short(id).wrapping_add(1), Ordering::Relaxed);
        }
        // Pairs with that of the ticket: either the worker sees that it is cancelled, or the ticket that its turn has begun.
        fence(Ordering::SeqCst);
    }

    /// Takes the ids of tickets that were cancelled.
    pub(super) fn notices(&self) -> impl Iterator<Item = RequestId> {
        self.notices.drain()
    }

    /// Tells the worker, before the ticket's oneshot is closed.
    pub(super) fn notify(&self, id: RequestId) {
        // It is never closed.
        let _ = self.notices.push(id);
    }

    /// Returns what becomes of the request `id`, once its oneshot is closed.
    pub(super) fn ended(&self, id: RequestId) -> Cancel {
        fence(Ordering::SeqCst);
        if self.has_begun(id) { Cancel::InFlight } else { Cancel::Skipped }
    }

    #[inline]
    fn has_begun(&self, id: RequestId) -> bool {
        self.begun.load(Ordering::Relaxed).wrapping_sub(short(id)).cast_signed() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_has_begun_stays_so_in_whatever_order_they_come() {
        let cancelled = Cancelled::new();
        let id = RequestId::new;
        assert_eq!(cancelled.ended(id(0)), Cancel::Skipped);
        for (begins, ended) in [(0, [true, false, false]), (2, [true, true, true]), (1, [true, true, true])] {
            cancelled.begin(id(begins));
            let seen = [0, 1, 2].map(|other| cancelled.ended(id(other)) == Cancel::InFlight);
            assert_eq!(seen, ended);
        }
    }
}
