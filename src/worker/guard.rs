//! What stands around a send: the abort that cuts it short, and the panic that must not end the worker.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use crate::error::Panic;
use crate::sender::MessageSender;
use crate::storage::Storage;

/// Awaits `future` unless the runner is aborted; then drops it and gives `None`. Tells too whether it ever waited.
///
/// The abort costs nothing while the future is ready at once.
pub(super) async fn abortable<S, F>(storage: &impl Storage<S>, future: F) -> (Option<F::Output>, bool)
where
    S: MessageSender,
    F: Future,
{
    let mut future = pin!(future);
    let mut waited = false;
    let output = poll_fn(|cx| {
        // First, so that an aborted send does not go on by a step.
        if waited && storage.poll_abort(cx).is_ready() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if !waited {
            waited = true;
            return storage.poll_abort(cx).map(|()| None);
        }
        Poll::Pending
    })
    .await;
    (output, waited)
}

/// Catches a panic of `future`, where panics can be caught.
#[cfg(feature = "std")]
pub(super) async fn catch_panic<F: Future>(future: F) -> Result<F::Output, Panic> {
    use futures::future::FutureExt;
    // What the future borrowed may be left half changed; what is ours in there (the context) has no such state,
    // and strategies are told so.
    std::panic::AssertUnwindSafe(future).catch_unwind().await.map_err(Panic::from_payload)
}

/// Without unwinding a panic ends the program.
#[cfg(not(feature = "std"))]
#[expect(clippy::unnecessary_wraps, reason = "the signature is that of the one which catches")]
pub(super) async fn catch_panic<F: Future>(future: F) -> Result<F::Output, Panic> {
    Ok(future.await)
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
