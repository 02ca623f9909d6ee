//! What stands around a send: the abort that cuts it short, and the panic that must not end the worker.

use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::num::NonZeroU32;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{self, Poll};

use pin_project_lite::pin_project;

use crate::error::Panic;
use crate::sender::MessageSender;
use crate::storage::{Phase, Storage};

/// How many requests that never wait the worker may still serve before it lets others run.
pub(super) struct Budget {
    /// Atomic only so that the worker may move to another thread while it waits.
    left: AtomicU32,
    whole: NonZeroU32,
}

impl Budget {
    pub(super) const fn new(whole: NonZeroU32) -> Self {
        Self { left: AtomicU32::new(whole.get()), whole }
    }

    /// Others could run, and no request is in the middle of its turn.
    #[inline]
    pub(super) fn renew(&self) {
        self.left.store(self.whole.get(), Ordering::Relaxed);
    }

    /// Others could run, most likely in the middle of a request's turn. It has waited, so that it does not count.
    #[inline]
    fn renew_in_a_turn(&self) {
        self.left.store(self.whole.get().saturating_add(1), Ordering::Relaxed);
    }

    /// Counts a request.
    #[inline]
    pub(super) fn is_used_up(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed).wrapping_sub(1);
        self.left.store(left, Ordering::Relaxed);
        left == 0
    }
}

pin_project! {
    /// Gives a future's output, or `None` if the runner is aborted first. Each time that it is polled, the budget is renewed.
    ///
    /// The abort costs nothing while the future is ready at once.
    pub(super) struct Abortable<'a, S, Q, F> {
        storage: &'a Q,
        budget: &'a Budget,
        #[pin]
        future: F,
        sender: PhantomData<fn() -> S>,
    }
}

/// Awaits `future` unless the runner is aborted.
pub(super) const fn abortable<'a, S, Q, F>(
    storage: &'a Q,
    budget: &'a Budget,
    future: F,
) -> Abortable<'a, S, Q, F> {
    Abortable { storage, budget, future, sender: PhantomData }
}

impl<S: MessageSender, Q: Storage<S>, F: Future> Future for Abortable<'_, S, Q, F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // First, so that an aborted send does not go on by a step.
        if this.storage.phase() >= Phase::Aborting {
            return Poll::Ready(None);
        }
        this.budget.renew_in_a_turn();
        match this.future.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => this.storage.poll_abort(cx).map(|()| None),
        }
    }
}

pin_project! {
    /// Catches a panic of a future, where panics can be caught. Without unwinding a panic ends the program.
    pub(super) struct CatchPanic<F> {
        #[pin]
        future: F,
    }
}

pub(super) const fn catch_panic<F>(future: F) -> CatchPanic<F> {
    CatchPanic { future }
}

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panic>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        #[cfg(not(feature = "std"))]
        return future.poll(cx).map(Ok);
        // What the future borrowed may be left half changed; what is ours in there (the context) has no such state, and
        // strategies are told so.
        #[cfg(feature = "std")]
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| future.poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(Panic::from_payload(payload))),
        }
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
