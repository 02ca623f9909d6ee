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

/// What the worker looks at while it serves: whether the runner is aborted, and how long it may still keep others waiting.
pub(super) struct Guard<Q> {
    storage: Q,
    /// How many requests that never wait the worker may still serve before it lets others run. Atomic only so that the worker
    /// may move to another thread while it waits.
    budget: AtomicU32,
    whole_budget: NonZeroU32,
}

impl<Q> Guard<Q> {
    pub(super) const fn new(storage: Q, yield_every: NonZeroU32) -> Self {
        Self { storage, budget: AtomicU32::new(0), whole_budget: yield_every }
    }

    /// Others could run, and no request is in the middle of its turn.
    #[inline]
    pub(super) fn renew_budget(&self) {
        self.budget.store(self.whole_budget.get(), Ordering::Relaxed);
    }

    /// Others could run, most likely in the middle of a request's turn. It has waited, so that it does not count.
    #[inline]
    fn renew_budget_in_a_turn(&self) {
        self.budget.store(self.whole_budget.get().saturating_add(1), Ordering::Relaxed);
    }

    /// Counts a request.
    #[inline]
    pub(super) fn uses_up_budget(&self) -> bool {
        let left = self.budget.load(Ordering::Relaxed).wrapping_sub(1);
        self.budget.store(left, Ordering::Relaxed);
        left == 0
    }

    /// Awaits `future` unless the runner is aborted.
    pub(super) const fn abortable<S, F>(&self, future: F) -> Abortable<'_, S, Q, F> {
        Abortable { guard: self, future, sender: PhantomData }
    }
}

pin_project! {
    /// Gives a future's output, or `None` if the runner is aborted first. Each time that it is polled, the budget is renewed.
    ///
    /// The abort costs nothing while the future is ready at once.
    pub(super) struct Abortable<'a, S, Q, F> {
        guard: &'a Guard<Q>,
        #[pin]
        future: F,
        sender: PhantomData<fn() -> S>,
    }
}

impl<S: MessageSender, Q: Storage<S>, F: Future> Future for Abortable<'_, S, Q, F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // First, so that an aborted send does not go on by a step.
        if this.guard.storage.phase() >= Phase::Aborting {
            return Poll::Ready(None);
        }
        this.guard.renew_budget_in_a_turn();
        match this.future.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => this.guard.storage.poll_abort(cx).map(|()| None),
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
pub(crate) async fn yield_now() {
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
