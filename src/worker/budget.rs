//! How long the worker may keep other tasks of its executor waiting.

use core::future::Future;
use core::num::NonZeroU32;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll};

/// How many steps the worker may still take before it lets others run: sends, re-sends among them, and requests that end
/// without one.
///
/// Atomic only so that the worker may move to another thread while it waits.
pub(super) struct Budget {
    left: AtomicU32,
    whole: NonZeroU32,
}

impl Budget {
    pub(super) const fn new(whole: NonZeroU32) -> Self {
        Self { left: AtomicU32::new(whole.get()), whole }
    }

    /// Begins anew, as others could run.
    #[inline]
    pub(super) fn renew(&self) {
        self.left.store(self.whole.get(), Ordering::Relaxed);
    }

    /// Takes a step, after others could run if the budget is used up.
    #[inline]
    pub(super) const fn step(&self) -> Step<'_> {
        Step { budget: self, lets_others_run: false }
    }
}

/// The future of [`Budget::step`]. Not an `async fn`: it is awaited in many places, and takes less code so.
pub(super) struct Step<'a> {
    budget: &'a Budget,
    lets_others_run: bool,
}

impl Future for Step<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let budget = self.budget;
        let mut left = budget.left.load(Ordering::Relaxed);
        if left == 0 {
            if !self.lets_others_run {
                self.lets_others_run = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            left = budget.whole.get();
        }
        budget.left.store(left - 1, Ordering::Relaxed);
        Poll::Ready(())
    }
}
