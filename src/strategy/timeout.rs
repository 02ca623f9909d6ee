//! A bound on how long a send may take.

use core::future::Future;
use core::pin::Pin;
use core::task::{self, Poll};
use core::time::Duration;

use pin_project_lite::pin_project;

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
        Race::new(inner.send(cx, request), || timer.sleep(self.0)).await.unwrap_or(Err(NoAnswer::TimedOut))
    }
}

pin_project! {
    /// Gives a future's output, or `None` if a sleep is over first.
    ///
    /// A future that is ready at once needs no timer: the sleep is made at the first wait. Not an `async fn`: that
    /// would hold the future twice.
    pub(super) struct Race<F, Make, Sleep> {
        #[pin]
        future: F,
        make_sleep: Option<Make>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl<F, Make, Sleep> Race<F, Make, Sleep> {
    pub(super) const fn new(future: F, make_sleep: Make) -> Self {
        Self { future, make_sleep: Some(make_sleep), sleep: None }
    }
}

impl<F: Future, Make: FnOnce() -> Sleep, Sleep: Future<Output = ()>> Future for Race<F, Make, Sleep> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Some(output));
        }
        if let Some(make_sleep) = this.make_sleep.take() {
            this.sleep.set(Some(make_sleep()));
        }
        match this.sleep.as_pin_mut() {
            Some(sleep) => sleep.poll(cx).map(|()| None),
            None => Poll::Pending,
        }
    }
}
