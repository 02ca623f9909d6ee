//! Sends again after a failure, on a schedule.

use core::future::Future;
use core::time::Duration;

use super::delay::{Pause, asks_to_wait};
use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::error::NoAnswer;
use crate::runtime::{Nanos, Timer};
use crate::sender::MessageSender;
use crate::trace;

/// Sends a request again that did not get through, through the strategies listed before it.
///
/// It sends again what the service rejected, unless the sender says that this is [final](MessageSender::is_final).
/// When the rejection asks for a wait ([`retry_after`](MessageSender::retry_after)), that wait is served instead of
/// the schedule's. The last rejection is the answer.
///
/// A send that got *no* answer is retried if the sender says that the request surely
/// [did not arrive](MessageSender::may_have_arrived). Otherwise the service might get it twice, so it is retried
/// only if asked for with [`on_no_answer`](Self::on_no_answer).
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::Retry;
///
/// let up_to_four_sends = Retry::new(3, Duration::from_millis(500));
/// let also_when_unreachable = Retry::new(3, Duration::from_millis(500)).on_no_answer();
/// # let _ = (up_to_four_sends, also_when_unreachable);
/// ```
#[derive(Debug, Clone, Copy)]
#[doc(alias = "RetryStrategy")]
pub struct Retry<Schedule = Fixed> {
    schedule: Schedule,
    no_answer_too: bool,
}

impl Retry {
    /// Up to `retries` re-sends after the first, `delay` apart. No retries send once.
    pub const fn new(retries: u32, delay: Duration) -> Self {
        Self { schedule: Fixed { retries, delay: Nanos::of(delay) }, no_answer_too: false }
    }
}

#[cfg(feature = "backon")]
impl<B: backon::BackoffBuilder + Clone> Retry<Backoff<B>> {
    /// Re-sends on a schedule of the backon crate; it starts anew with each request.
    ///
    /// backon's own jitter needs a seed where there is no `std`: without one, devices of a fleet back off in
    /// lockstep.
    ///
    /// ```
    /// use backon::ExponentialBuilder;
    /// use telegram_sender::Retry;
    ///
    /// let retry = Retry::with_backoff(ExponentialBuilder::default().with_max_times(5));
    /// # let _ = retry;
    /// ```
    pub fn with_backoff(builder: B) -> Self {
        Self { schedule: Backoff { builder, current: None }, no_answer_too: false }
    }
}

impl<Schedule: RetrySchedule> Retry<Schedule> {
    /// Re-sends on a schedule of your own.
    pub const fn with_schedule(schedule: Schedule) -> Self {
        Self { schedule, no_answer_too: false }
    }

    /// Also re-sends whenever no answer was got: the sender failed, or timed out.
    ///
    /// The request may have arrived all the same; the service may then get it twice.
    pub const fn on_no_answer(mut self) -> Self {
        self.no_answer_too = true;
        self
    }

    /// The wait before re-send number `retry` (from 0) after `outcome`, or `None` if that is final.
    pub(super) fn pause<S: MessageSender>(
        &mut self,
        cx: &impl Context<S>,
        outcome: &Outcome<S>,
        retry: u32,
    ) -> Option<Pause> {
        let pause = self.pause_after::<S>(outcome, retry)?;
        trace::retry(cx.id(), cx.attempts(), pause.nanos());
        Some(pause)
    }

    fn pause_after<S: MessageSender>(&mut self, outcome: &Outcome<S>, retry: u32) -> Option<Pause> {
        match outcome {
            Ok(Err(rejection)) if !S::is_final(rejection) => {
                let delay = self.schedule.delay_nanos(retry)?;
                Some(if asks_to_wait::<S>(rejection) { Pause::UntilPermitted } else { Pause::For(delay) })
            }
            Err(NoAnswer::Failed(error)) if self.no_answer_too || !S::may_have_arrived(error) => {
                self.schedule.delay_nanos(retry).map(Pause::For)
            }
            Err(NoAnswer::TimedOut) if self.no_answer_too => self.schedule.delay_nanos(retry).map(Pause::For),
            Ok(_) | Err(_) => None,
        }
    }
}

impl<S: MessageSender, Schedule: RetrySchedule> SendStrategy<S> for Retry<Schedule> {
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold twice what it is given")]
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        async move {
            let mut retry = 0;
            loop {
                // In a block of its own, an outcome that is not the last is not kept while it waits.
                let deadline = {
                    let outcome = inner.send(cx, request).await;
                    let Some(pause) = self.pause(cx, &outcome, retry) else { return outcome };
                    pause.end(cx)
                };
                let timer = cx.timer();
                timer.sleep_until(deadline).await;
                retry += 1;
            }
        }
    }
}

/// The waits before the re-sends of a request. Any `FnMut(u32) -> Option<Duration>` is one.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::Retry;
///
/// // 1, 4, 9 s, then no more
/// let squares = Retry::with_schedule(|retry: u32| {
///     (retry < 3).then(|| Duration::from_secs(u64::from((retry + 1).pow(2))))
/// });
/// # let _ = squares;
/// ```
pub trait RetrySchedule {
    /// The wait before re-send number `retry`; `None` if no more are to be made. A new request begins at 0.
    fn delay(&mut self, retry: u32) -> Option<Duration>;

    /// The same, as it is kept here.
    #[doc(hidden)]
    #[allow(private_interfaces)] // for schedules of ours
    fn delay_nanos(&mut self, retry: u32) -> Option<Nanos> {
        self.delay(retry).map(Nanos::of)
    }
}

impl<F: FnMut(u32) -> Option<Duration>> RetrySchedule for F {
    fn delay(&mut self, retry: u32) -> Option<Duration> {
        self(retry)
    }
}

/// The same wait before each of a number of re-sends.
#[derive(Debug, Clone, Copy)]
pub struct Fixed {
    retries: u32,
    delay: Nanos,
}

impl RetrySchedule for Fixed {
    fn delay(&mut self, retry: u32) -> Option<Duration> {
        self.delay_nanos(retry).map(Nanos::duration)
    }

    #[allow(private_interfaces)]
    fn delay_nanos(&mut self, retry: u32) -> Option<Nanos> {
        (retry < self.retries).then_some(self.delay)
    }
}

/// A schedule of the backon crate.
#[cfg(feature = "backon")]
#[derive(Debug, Clone)]
pub struct Backoff<B: backon::BackoffBuilder> {
    builder: B,
    current: Option<B::Backoff>,
}

#[cfg(feature = "backon")]
impl<B: backon::BackoffBuilder + Clone> RetrySchedule for Backoff<B> {
    fn delay(&mut self, retry: u32) -> Option<Duration> {
        if retry == 0 {
            self.current = Some(self.builder.clone().build());
        }
        self.current.as_mut()?.next()
    }
}
