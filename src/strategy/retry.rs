//! Sends a request again after a failure, on a schedule.

use core::future::Future;
use core::time::Duration;

use super::delay::{FloodWait, Pause, flood_wait};
use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::error::NoAnswer;
use crate::runtime::Nanos;
use crate::sender::MessageSender;

/// Sends a rejected request again, and one that surely did not arrive, through the strategies listed before it.
///
/// A rejection that the sender calls [final](MessageSender::is_final) is not retried. If a rejection asks for a wait
/// ([`retry_after`](MessageSender::retry_after)), that wait replaces the schedule's. The last rejection is the
/// answer.
///
/// A send without an answer surely did not arrive if the sender [says so](MessageSender::may_have_arrived), or if a
/// [`Timeout`](crate::Timeout) listed before expired while it [waited](NoAnswer::NotSentInTime). Otherwise the
/// service might receive the request twice, so it is sent again only with [`on_no_answer`](Self::on_no_answer). The
/// same holds for a rejected request that the service [may have taken](MessageSender::may_have_been_taken).
///
/// It does not retry what another strategy [refused](NoAnswer::Strategy), nor a panic: those are final.
///
/// A *retry* is a send after the first, so `n` retries are up to `n + 1` [attempts](crate::Ticket::attempts). A
/// *flood wait* is a wait that the service asks for. The send after it counts as a retry, unless
/// [`uncounted_flood_waits`](Self::uncounted_flood_waits) is called.
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
pub struct Retry<Schedule = ConstantDelay> {
    schedule: Schedule,
    no_answer_too: bool,
    counts_flood_waits: bool,
}

impl Retry {
    /// Creates a retry of up to `retries` re-sends, `delay` apart. With 0 it sends once.
    pub const fn new(retries: u32, delay: Duration) -> Self {
        Self::with_schedule(ConstantDelay { retries, delay: Nanos::of(delay) })
    }
}

#[cfg(feature = "backon")]
impl<B: backon::BackoffBuilder + Clone> Retry<Backoff<B>> {
    /// Creates a retry on a schedule of the backon crate.
    ///
    /// The wait before re-send `n` is the `n`th of a backoff that is built for this wait alone. So a total delay of a
    /// backoff with random jitter bounds the waits on average only.
    ///
    /// Without `std`, backon's own jitter needs a seed: without one, the devices of a fleet back off in lockstep.
    ///
    /// ```
    /// use backon::ExponentialBuilder;
    /// use telegram_sender::Retry;
    ///
    /// let retry = Retry::with_backoff(ExponentialBuilder::default().with_max_times(5));
    /// # let _ = retry;
    /// ```
    pub fn with_backoff(builder: B) -> Self {
        Self::with_schedule(Backoff(builder))
    }
}

impl<Schedule: RetrySchedule> Retry<Schedule> {
    /// Creates a retry on a schedule of your own.
    pub const fn with_schedule(schedule: Schedule) -> Self {
        Self { schedule, no_answer_too: false, counts_flood_waits: true }
    }

    /// Also re-sends a request that may have arrived: its send failed or timed out, or the service rejected it but
    /// [may have taken](MessageSender::may_have_been_taken) it. The service may then receive the request twice.
    pub const fn on_no_answer(mut self) -> Self {
        self.no_answer_too = true;
        self
    }

    /// Does not count flood waits as retries: a request is sent again as often as the service asks to wait, and the
    /// schedule is for other rejections and failures.
    ///
    /// Bound each of these waits with [`longest_wait`](crate::runner::Builder::longest_wait). Their number is not
    /// bounded: if the service asks to wait forever, the runner waits until it is aborted.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use telegram_sender::Retry;
    ///
    /// let retry = Retry::new(3, Duration::from_secs(1)).uncounted_flood_waits();
    /// # let _ = retry;
    /// ```
    pub const fn uncounted_flood_waits(mut self) -> Self {
        self.counts_flood_waits = false;
        self
    }

    /// Returns the wait before the next re-send, or `None` if `outcome` is final. `retry` is the number of re-sends
    /// that were counted before. The next one is added, unless it is not counted.
    pub(super) fn pause<S: MessageSender>(
        &mut self,
        cx: &impl Context<S>,
        outcome: &Outcome<S>,
        retry: &mut u32,
    ) -> Option<Pause> {
        let pause = self.pause_after::<S>(cx, outcome, retry)?;
        cx.note_retry(pause.nanos());
        Some(pause)
    }

    fn pause_after<S: MessageSender>(
        &mut self,
        cx: &impl Context<S>,
        outcome: &Outcome<S>,
        retry: &mut u32,
    ) -> Option<Pause> {
        let mut pause = None;
        let (may_have_arrived, is_over) = match outcome {
            Ok(Err(rejection)) => {
                let wait = flood_wait::<S>(cx, rejection);
                pause = (wait == FloodWait::Served).then_some(Pause::UntilPermitted);
                let is_over = wait == FloodWait::TooLong || S::is_final(rejection);
                (S::may_have_been_taken(rejection), is_over)
            }
            Err(NoAnswer::Failed(error)) => (S::may_have_arrived(error), false),
            Err(NoAnswer::TimedOut) => (true, false),
            Err(NoAnswer::NotSentInTime) => (false, false),
            Ok(Ok(_)) | Err(_) => return None,
        };
        // The context knows of all attempts, not only of the last one.
        let may_have_arrived = cx.arrival().unwrap_or(may_have_arrived);
        if is_over || may_have_arrived && !self.no_answer_too {
            return None;
        }
        if pause.is_none() || self.counts_flood_waits {
            let delay = self.schedule.delay_nanos(*retry)?;
            *retry += 1;
            pause = pause.or(Some(Pause::For(delay)));
        }
        pause
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
                // A block of its own, so that the future does not keep the outcome while it waits.
                let deadline = {
                    let outcome = inner.send(cx, request).await;
                    let Some(pause) = self.pause(cx, &outcome, &mut retry) else { return outcome };
                    pause.end(cx)
                };
                // Sleeps through the context, which yields to other tasks: an attempt may end before it reaches the
                // sender.
                cx.sleep_until(deadline).await;
            }
        }
    }
}

/// The waits before the re-sends of a request. Any `FnMut(u32) -> Option<Duration>` is a schedule.
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
    /// Returns the wait before re-send number `retry`, or `None` to stop. A new request begins at 0.
    fn delay(&mut self, retry: u32) -> Option<Duration>;

    /// Returns the wait of [`delay`](Self::delay) in the crate's own type.
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

/// A schedule of a number of re-sends, with the same wait before each.
#[derive(Debug, Clone, Copy)]
pub struct ConstantDelay {
    retries: u32,
    delay: Nanos,
}

impl RetrySchedule for ConstantDelay {
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
pub struct Backoff<B: backon::BackoffBuilder>(B);

#[cfg(feature = "backon")]
impl<B: backon::BackoffBuilder + Clone> RetrySchedule for Backoff<B> {
    fn delay(&mut self, retry: u32) -> Option<Duration> {
        self.0.clone().build().nth(retry.try_into().ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_schedule_tells_its_delay_as_it_keeps_it() {
        let mut schedule = ConstantDelay { retries: 1, delay: Nanos::of(Duration::from_millis(1_500)) };
        assert_eq!(schedule.delay(0), Some(Duration::from_millis(1_500)));
        assert_eq!(schedule.delay(1), None);
    }
}
