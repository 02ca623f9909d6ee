//! A bound on the time that a send may take.

use core::future::Future;
use core::pin::Pin;
use core::task::{self, Poll};
use core::time::Duration;

use pin_project_lite::pin_project;

use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::error::{InvalidArgument, NoAnswer};
use crate::runtime::{Nanos, Timer};
use crate::sender::MessageSender;

/// Drops a send that takes longer than a given time; the request may have arrived anyway.
///
/// The send ends with [`NoAnswer::TimedOut`], and sending the request again may then send it twice. If the request
/// surely did not arrive, because it still waited to be sent, it ends with [`NoAnswer::NotSentInTime`].
///
/// The time-out covers all strategies listed before it. Nearest to the sender, it bounds each attempt. Listed after a
/// limiter or a retry, it bounds their waits, too.
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
pub struct Timeout(Nanos);

impl Timeout {
    /// Creates a time-out of `timeout`.
    ///
    /// # Errors
    ///
    /// Fails if `timeout` is zero, because no send could ever succeed.
    pub const fn new(timeout: Duration) -> Result<Self, InvalidArgument> {
        if timeout.is_zero() {
            return Err(InvalidArgument::new("timeout", "must be longer than zero"));
        }
        Ok(Self(Nanos::of(timeout)))
    }

    /// Returns the time that a send may take.
    pub const fn duration(&self) -> Duration {
        self.0.duration()
    }
}

impl<S: MessageSender> SendStrategy<S> for Timeout {
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold twice what it is given")]
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        async move {
            let (timer, limit) = (&cx.timer(), self.0);
            let sleep = move || timer.sleep_until(timer.now() + limit);
            let outcome = Race::new(inner.send(cx, request), sleep).await;
            outcome.unwrap_or_else(|| Err(expired(cx)))
        }
    }
}

/// Returns why there is no answer once a time-out has expired.
pub(super) fn expired<S: MessageSender>(cx: &impl Context<S>) -> NoAnswer<S::Error> {
    if cx.may_have_arrived() { NoAnswer::TimedOut } else { NoAnswer::NotSentInTime }
}

pin_project! {
    /// Resolves to a future's output, or to `None` if a sleep is over first.
    ///
    /// The sleep is created at the first wait, so a future that is ready at once needs no timer. Not an `async fn`,
    /// which would hold the future twice.
    pub(super) struct Race<F, Make, Sleep> {
        #[pin]
        future: F,
        #[pin]
        other: Other<Make, Sleep>,
    }
}

pin_project! {
    #[project = OtherProjected]
    enum Other<Make, Sleep> {
        Asleep { #[pin] sleep: Sleep },
        Unmade { make: Option<Make> },
    }
}

impl<F, Make, Sleep> Race<F, Make, Sleep> {
    pub(super) const fn new(future: F, make_sleep: Make) -> Self {
        Self { future, other: Other::Unmade { make: Some(make_sleep) } }
    }
}

impl<F: Future, Make: FnOnce() -> Sleep, Sleep: Future<Output = ()>> Future for Race<F, Make, Sleep> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Some(output));
        }
        if let OtherProjected::Unmade { make } = this.other.as_mut().project()
            && let Some(make) = make.take()
        {
            this.other.set(Other::Asleep { sleep: make() });
        }
        match this.other.project() {
            OtherProjected::Asleep { sleep } => sleep.poll(cx).map(|()| None),
            OtherProjected::Unmade { .. } => Poll::Pending,
        }
    }
}
