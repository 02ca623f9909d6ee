//! The containment of user code: wakers, destructors and subscribers may panic, and must harm only their own request.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::Panic;

/// Runs `work`, which runs user code. Returns its panic if it panicked. Without `std` a panic ends the program.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    #[cfg(not(feature = "std"))]
    return Ok(work());
    // Unwind safe: the crate's own state is updated before user code runs.
    #[cfg(feature = "std")]
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(Panic::from_payload)
}

/// Runs `work`, which drops users' values, or calls their wakers or subscribers. Returns `None` if it panicked.
pub(crate) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch(work).ok()
}

/// Catches the panics of `future` when it is polled or discarded.
pub(crate) const fn catch_panic<F>(future: F) -> CatchPanic<F> {
    #[cfg(feature = "std")]
    return CatchPanic::Catching { future };
    #[cfg(not(feature = "std"))]
    CatchPanic { future }
}

#[cfg(feature = "std")]
pin_project! {
    #[project = Projected]
    pub(crate) enum CatchPanic<F> {
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
    pub(crate) fn discard(mut self: Pin<&mut Self>) {
        contain(|| self.set(Self::Discarded));
    }
}

#[cfg(feature = "std")]
impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panic>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Projected::Catching { future } = self.project() else { return Poll::Pending };
        // A panic may leave values that the future borrows half changed. The crate's own (the context) stay sound,
        // and the docs of `SendStrategy` warn of this.
        match catch(|| future.poll(cx)) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

#[cfg(not(feature = "std"))]
pin_project! {
    pub(crate) struct CatchPanic<F> {
        #[pin]
        future: F,
    }
}

#[cfg(not(feature = "std"))]
impl<F> CatchPanic<F> {
    #[expect(clippy::unused_self, reason = "the future is dropped with its owner")]
    pub(crate) fn discard(self: Pin<&mut Self>) {}
}

#[cfg(not(feature = "std"))]
impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panic>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx).map(Ok)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::boxed::Box;

    use super::*;

    /// Panics with another `Bomb` when it is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new(Self));
        }
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_goes_no_further() {
        assert_eq!(contain(|| std::panic::resume_unwind(Box::new(Bomb))), None::<()>);
        assert_eq!(contain(|| drop(Bomb)), None);
        assert_eq!(contain(|| 7), Some(7));
    }
}
