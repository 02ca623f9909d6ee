//! How long the worker may keep other tasks of its executor waiting.

use core::future::poll_fn;
use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Poll;

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

    #[inline]
    pub(super) fn is_used_up(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Counts a step.
    #[inline]
    pub(super) fn count(&self) {
        self.left.store(self.left.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
    }

    /// Takes a step, after others could run if the budget is used up.
    pub(super) async fn step(&self) {
        if self.is_used_up() {
            yield_now().await;
            self.renew();
        }
        self.count();
    }
}

/// Lets the executor run others.
pub(super) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
