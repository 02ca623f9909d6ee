//! The ids of requests, and with them the word that the worker sleeps. Callers write this for each request, so the worker
//! looks at it seldom: it keeps what it saw.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::strategy::RequestId;

/// How many ids were issued, above one bit: whether the worker sleeps.
///
/// A caller takes an id before it enqueues its request, and sees that bit in the same step: that it is to wake the worker
/// costs nothing where it need not. Whoever takes an id before the worker sleeps is known to the worker by the count.
#[derive(Debug)]
pub(super) struct Ids(AtomicUsize);

const ASLEEP: usize = 1;
const ID: usize = 2;

/// An id, and whether the worker is to be woken once its request is in the queue.
pub(super) struct Issued {
    pub(super) id: RequestId,
    pub(super) worker_sleeps: bool,
}

impl Ids {
    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    #[inline]
    pub(super) fn issue(&self) -> Issued {
        let issued = self.0.fetch_add(ID, Ordering::AcqRel);
        Issued { id: RequestId::new((issued / ID) as u64), worker_sleeps: issued & ASLEEP != 0 }
    }

    /// How many were issued; it wraps, see [`between`](Self::between).
    #[inline]
    pub(super) fn issued(&self) -> usize {
        self.0.load(Ordering::Relaxed) / ID
    }

    /// The worker sleeps from now on: who takes an id later wakes it. How many were issued before.
    pub(super) fn fall_asleep(&self) -> usize {
        self.0.fetch_or(ASLEEP, Ordering::AcqRel) / ID
    }

    /// The worker is about to be woken; those who come next need not do that again.
    pub(super) fn wake_up(&self) {
        self.0.fetch_and(!ASLEEP, Ordering::AcqRel);
    }

    /// How many were issued between two counts.
    pub(super) const fn between(earlier: usize, later: usize) -> usize {
        later.wrapping_sub(earlier) & (usize::MAX / ID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_while_the_worker_sleeps_knows() {
        let ids = Ids::new();
        assert!(matches!(ids.issue(), Issued { id, worker_sleeps: false } if id.get() == 0));
        assert_eq!((ids.issued(), ids.fall_asleep()), (1, 1));
        assert!(matches!(ids.issue(), Issued { id, worker_sleeps: true } if id.get() == 1));
        assert!(ids.issue().worker_sleeps);
        ids.wake_up();
        assert!(matches!(ids.issue(), Issued { id, worker_sleeps: false } if id.get() == 3));
        assert_eq!(ids.issued(), 4);
    }

    #[test]
    fn what_lies_between_two_counts_is_right_even_if_they_wrap() {
        let ids = Ids(AtomicUsize::new(usize::MAX - 1));
        let earlier = ids.issued();
        ids.issue();
        ids.issue();
        assert_eq!((ids.issued(), Ids::between(earlier, ids.issued())), (1, 2));
    }
}
