//! Catches the panics of a future, also when it is dropped. Without `std` a panic ends the program, and nothing is caught.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::Panic;

/// Catches the panics of `future`.
pub(super) const fn catch_panic<F>(future: F) -> CatchPanic<F> {
    #[cfg(feature = "std")]
    return CatchPanic::Catching { future };
    #[cfg(not(feature = "std"))]
    CatchPanic { future }
}

#[cfg(feature = "std")]
pin_project! {
    #[project = Projected]
    pub(super) enum CatchPanic<F> {
        Catching {
            #[pin]
            future: F,
        },
        Discarded,
    }
}

#[cfg(feature = "std")]
impl<F> CatchPanic<F> {
    /// Drops the future, whether it has ended or not.
    pub(super) fn discard(mut self: Pin<&mut Self>) {
        crate::contain::contain(|| self.set(Self::Discarded));
    }
}

#[cfg(feature = "std")]
impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panic>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Projected::Catching { future } = self.project() else { return Poll::Pending };
        // What the future borrowed may be left half changed. The crate's own state in there (the context) is not, and
        // strategies are told so.
        match crate::contain::catch(|| future.poll(cx)) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

#[cfg(not(feature = "std"))]
pin_project! {
    pub(super) struct CatchPanic<F> {
        #[pin]
        future: F,
    }
}

#[cfg(not(feature = "std"))]
impl<F> CatchPanic<F> {
    #[expect(clippy::unused_self, reason = "the future is dropped with its owner")]
    pub(super) fn discard(self: Pin<&mut Self>) {}
}

#[cfg(not(feature = "std"))]
impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panic>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(Ok)
    }
}
