//! The task of unit tests that wait.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

/// Counts how often it is woken.
#[derive(Default)]
pub(super) struct CountingTask(AtomicUsize);

impl CountingTask {
    /// How often so far; [`woken`](Self::woken) begins anew.
    pub(super) fn peek(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// How often since this was asked last.
    pub(super) fn woken(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Wake for CountingTask {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
