//! A bound on how long a send may take.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;

use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::error::{InvalidArgument, NoAnswer};
use crate::runtime::Timer;
use crate::sender::MessageSender;

/// Drops a send that takes longer than a given time: its ticket fails with [`NoAnswer::TimedOut`].
///
/// It covers all that is listed before it. Nearest to the sender it bounds each attempt; listed after a limiter
/// or a retry, their waits count too.
///
/// Whether a request that timed out arrived all the same is unknown: retrying it may send it twice.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::Timeout;
///
/// assert!(Timeout::new(Duration::from_secs(10)).is_ok());
/// assert_eq!(Timeout::new(Duration::ZERO).unwrap_err().argument(), "timeout");
/// ```
#[derive(Debug, Clone, Copy)]
#[doc(alias = "TimeoutStrategy")]
pub struct Timeout(Duration);

impl Timeout {
    /// A time-out of `timeout`.
    ///
    /// # Errors
    ///
    /// Refused when zero: no send could ever succeed.
    pub const fn new(timeout: Duration) -> Result<Self, InvalidArgument> {
        if timeout.is_zero() {
            return Err(InvalidArgument::new("timeout", "must be longer than zero"));
        }
        Ok(Self(timeout))
    }

    /// The time that a send may take.
    pub const fn duration(&self) -> Duration {
        self.0
    }
}

impl<S: MessageSender> SendStrategy<S> for Timeout {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        let timer = cx.timer();
        race(inner.send(cx, request), || timer.sleep(self.0)).await.unwrap_or(Err(NoAnswer::TimedOut))
    }
}

/// Awaits `future`, or gives `None` once the sleep is over.
///
/// A future that is ready at once needs no timer: the sleep is made at the first wait.
pub(super) async fn race<F: Future, Sleep: Future<Output = ()>>(
    future: F,
    sleep: impl FnOnce() -> Sleep,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut expiry = pin!(None);
    let mut sleep = Some(sleep);
    poll_fn(|task| {
        if let Poll::Ready(output) = future.as_mut().poll(task) {
            return Poll::Ready(Some(output));
        }
        if let Some(sleep) = sleep.take() {
            expiry.set(Some(sleep()));
        }
        match expiry.as_mut().as_pin_mut() {
            Some(expiry) => expiry.poll(task).map(|()| None),
            None => Poll::Pending,
        }
    })
    .await
}
