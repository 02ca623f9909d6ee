//! A task for unit tests that wait.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

/// Counts its wakes.
#[derive(Default)]
pub(super) struct CountingTask(AtomicUsize);

impl CountingTask {
    /// Returns the number of wakes since [`woken`](Self::woken) last reset it.
    pub(super) fn peek(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Returns the number of wakes and resets it to 0.
    pub(super) fn woken(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Wake for CountingTask {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
