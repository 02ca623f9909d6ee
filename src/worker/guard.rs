//! What stands around a send: the abort that cuts it short, and the panic that must not end the worker.

use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{self, Poll};

use pin_project_lite::pin_project;

use crate::error::Panic;
use crate::sender::MessageSender;
use crate::storage::Storage;

pin_project! {
    /// Gives a future's output, or `None` if the runner is aborted first.
    ///
    /// The abort costs nothing while the future is ready at once. Not an `async fn`: that would hold the future
    /// twice.
    pub(super) struct Abortable<'a, S, Q, F> {
        storage: &'a Q,
        waited: &'a mut bool,
        #[pin]
        future: F,
        sender: PhantomData<fn() -> S>,
    }
}

/// Awaits `future` unless the runner is aborted. Tells in `waited` whether it was not ready at once.
pub(super) fn abortable<'a, S, Q, F>(
    storage: &'a Q,
    waited: &'a mut bool,
    future: F,
) -> Abortable<'a, S, Q, F> {
    Abortable { storage, waited, future, sender: PhantomData }
}

impl<S: MessageSender, Q: Storage<S>, F: Future> Future for Abortable<'_, S, Q, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // First, so that an aborted send does not go on by a step.
        if **this.waited && this.storage.poll_abort(cx).is_ready() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Some(output));
        }
        if **this.waited {
            return Poll::Pending;
        }
        **this.waited = true;
        this.storage.poll_abort(cx).map(|()| None)
    }
}

/// Catches a panic of `future`, where panics can be caught.
#[cfg(feature = "std")]
pub(super) fn catch_panic<F: Future>(future: F) -> impl Future<Output = Result<F::Output, Panic>> {
    use futures::future::{FutureExt, TryFutureExt};
    // What the future borrowed may be left half changed; what is ours in there (the context) has no such state,
    // and strategies are told so.
    std::panic::AssertUnwindSafe(future).catch_unwind().map_err(Panic::from_payload)
}

/// Without unwinding a panic ends the program.
#[cfg(not(feature = "std"))]
pub(super) fn catch_panic<F: Future>(future: F) -> impl Future<Output = Result<F::Output, Panic>> {
    futures::future::FutureExt::map(future, Ok)
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
