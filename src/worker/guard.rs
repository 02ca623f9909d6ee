//! What stands around a send: the abort that cuts it short, and the panic that must not end the worker.

use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{self, Poll};

use pin_project_lite::pin_project;

use crate::error::Panic;
use crate::sender::MessageSender;
use crate::storage::{Phase, Storage};

pin_project! {
    /// Gives a future's output, or `None` if the runner is aborted first.
    ///
    /// The abort costs nothing while the future is ready at once.
    pub(super) struct Abortable<'a, S, Q, F> {
        storage: &'a Q,
        #[pin]
        future: F,
        sender: PhantomData<fn() -> S>,
    }
}

/// Awaits `future` unless the runner is aborted.
pub(super) const fn abortable<S, Q, F>(storage: &Q, future: F) -> Abortable<'_, S, Q, F> {
    Abortable { storage, future, sender: PhantomData }
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

pin_project! {
    /// Notes in `waited` that a future did not end at once.
    pub(super) struct NotingWaits<'a, F> {
        #[pin]
        future: F,
        waited: &'a mut bool,
    }
}

pub(super) const fn noting_waits<F>(future: F, waited: &mut bool) -> NotingWaits<'_, F> {
    NotingWaits { future, waited }
}

impl<F: Future> Future for NotingWaits<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this.future.poll(cx);
        **this.waited |= polled.is_pending();
        polled
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
