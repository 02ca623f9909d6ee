//! The waker that the channel calls for the worker. It only notes that the worker is due: the channel calls it under a lock, in
//! the middle of a caller's request, where no code of an executor may run.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug)]
pub(super) struct WorkerDue(AtomicBool);

impl WorkerDue {
    pub(super) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Returns true if the worker is to be woken now. One of those who made it due is told.
    #[inline]
    pub(super) fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::AcqRel)
    }
}

impl Wake for WorkerDue {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;

    use super::*;

    #[test]
    fn one_is_told_to_wake_the_worker() {
        let due = Arc::new(WorkerDue::new());
        assert!(!due.take());
        Waker::from(due.clone()).wake_by_ref();
        Waker::from(due.clone()).wake();
        assert!(due.take());
        assert!(!due.take());
    }
}
