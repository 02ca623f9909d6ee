//! How far the worker has come, for a ticket that is cancelled: has its request's turn begun?

use core::sync::atomic::{AtomicUsize, Ordering, fence};

use crate::storage::Cancel;
use crate::strategy::RequestId;

/// One more than the highest id of a request whose turn has begun; it wraps. Ids are in the order of the queue, but for those
/// of callers that enqueue at the same moment.
#[derive(Debug)]
pub(super) struct TurnsBegun(AtomicUsize);

#[expect(clippy::cast_possible_truncation, reason = "as many ids as an address has bits are told apart")]
const fn short(id: RequestId) -> usize {
    id.get() as usize
}

impl TurnsBegun {
    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Notes that the turn of `id` begins, before the worker looks whether it was cancelled.
    #[inline]
    pub(super) fn begin(&self, id: RequestId) {
        if !self.includes(id) {
            self.0.store(short(id).wrapping_add(1), Ordering::Relaxed);
        }
        // Pairs with that of the ticket: either the worker sees that it is cancelled, or the ticket that its turn has begun.
        fence(Ordering::SeqCst);
    }

    /// Returns what becomes of the request `id`, for a ticket that has just been marked as cancelled.
    pub(super) fn cancel(&self, id: RequestId) -> Cancel {
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

    #[test]
    fn a_turn_that_has_begun_stays_so_in_whatever_order_they_come() {
        let begun = TurnsBegun::new();
        let id = RequestId::new;
        assert_eq!(begun.cancel(id(0)), Cancel::Skipped);
        for (begins, cancelled) in
            [(0, [true, false, false]), (2, [true, true, true]), (1, [true, true, true])]
        {
            begun.begin(id(begins));
            let seen = [0, 1, 2].map(|other| begun.cancel(id(other)) == Cancel::InFlight);
            assert_eq!(seen, cancelled);
        }
    }
}
