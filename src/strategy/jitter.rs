//! Exponential backoff with random spread, so that many senders do not return in step.

use core::future::Future;
use core::time::Duration;

#[cfg(feature = "alloc")]
use super::delay::Pause;
use super::retry::{Retry, RetrySchedule};
use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::error::InvalidArgument;
use crate::sender::MessageSender;

/// Sends a rejected request again, with exponential backoff and a random spread: it is a [`Retry`], not a random
/// delay.
///
/// Before re-send `n` (from 0) it waits `backoff + uniform(0, backoff · ratio)`, where `backoff = base · 2ⁿ`. In all
/// else it acts like a [`Retry`]: a wait that the service asks for replaces its own, and a request that may have
/// arrived is sent again only with [`on_no_answer`](Self::on_no_answer).
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::Jitter;
///
/// // waits of 1–1.5 s, 2–3 s, 4–6 s
/// let jitter = Jitter::with_seed(3, Duration::from_secs(1), 0.5, 42)?;
/// assert_eq!(Jitter::with_seed(3, Duration::from_secs(1), -1.0, 42).unwrap_err().argument(), "ratio");
/// # let _ = jitter; Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "JitterStrategy")]
pub struct Jitter<Source = Random>(Retry<Exponential<Source>>);

impl Jitter {
    /// Creates a jitter of up to `retries` re-sends, seeded by the system.
    ///
    /// # Errors
    ///
    /// Fails if `ratio` is negative or not finite.
    #[cfg(feature = "std")]
    pub fn new(retries: u32, base: Duration, ratio: f64) -> Result<Self, InvalidArgument> {
        Self::with_source(retries, base, ratio, Random(fastrand::Rng::new()))
    }

    /// Creates a jitter of up to `retries` re-sends, seeded by `seed`.
    ///
    /// Give each device its own seed: a fleet with a constant seed backs off in lockstep.
    ///
    /// # Errors
    ///
    /// Fails if `ratio` is negative or not finite.
    pub fn with_seed(retries: u32, base: Duration, ratio: f64, seed: u64) -> Result<Self, InvalidArgument> {
        Self::with_source(retries, base, ratio, Random(fastrand::Rng::with_seed(seed)))
    }
}

impl<Source: JitterSource> Jitter<Source> {
    /// Creates a jitter of up to `retries` re-sends that draws from `source`: any `FnMut() -> f64` in 0 to 1.
    ///
    /// # Errors
    ///
    /// Fails if `ratio` is negative or not finite.
    pub fn with_source(
        retries: u32,
        base: Duration,
        ratio: f64,
        source: Source,
    ) -> Result<Self, InvalidArgument> {
        if !ratio.is_finite() || ratio < 0.0 {
            return Err(InvalidArgument::new("ratio", "must be a number from 0 on"));
        }
        Ok(Self(Retry::with_schedule(Exponential { retries, base, ratio, source })))
    }

    /// Also re-sends a request that may have arrived; see [`Retry::on_no_answer`].
    pub fn on_no_answer(self) -> Self {
        Self(self.0.on_no_answer())
    }

    /// Does not count flood waits as retries; see [`Retry::uncounted_flood_waits`].
    pub fn uncounted_flood_waits(self) -> Self {
        Self(self.0.uncounted_flood_waits())
    }

    #[cfg(feature = "alloc")]
    pub(super) fn pause<S: MessageSender>(
        &mut self,
        cx: &impl Context<S>,
        outcome: &Outcome<S>,
        retry: &mut u32,
    ) -> Option<Pause> {
        self.0.pause(cx, outcome, retry)
    }
}

impl<S: MessageSender, Source: JitterSource> SendStrategy<S> for Jitter<Source> {
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        self.0.execute(cx, request, inner)
    }
}

/// The source of the random part of a wait.
pub trait JitterSource {
    /// Returns a fraction of the upper bound, from 0 to 1. A value outside is clamped to it, and NaN counts as 0.
    fn fraction(&mut self) -> f64;
}

impl<F: FnMut() -> f64> JitterSource for F {
    fn fraction(&mut self) -> f64 {
        self()
    }
}

/// A fast pseudo-random source.
#[derive(Debug, Clone)]
pub struct Random(fastrand::Rng);

impl JitterSource for Random {
    fn fraction(&mut self) -> f64 {
        self.0.f64()
    }
}

/// The schedule of doubling waits with a random part.
#[derive(Debug, Clone)]
pub(super) struct Exponential<Source> {
    retries: u32,
    base: Duration,
    ratio: f64,
    source: Source,
}

impl<Source: JitterSource> RetrySchedule for Exponential<Source> {
    fn delay(&mut self, retry: u32) -> Option<Duration> {
        if retry >= self.retries {
            return None;
        }
        let backoff = self.base.saturating_mul(2_u32.saturating_pow(retry));
        let fraction = self.source.fraction();
        let share = if fraction.is_nan() { 0.0 } else { self.ratio * fraction.clamp(0.0, 1.0) };
        let spread = Duration::try_from_secs_f64(backoff.as_secs_f64() * share).unwrap_or(Duration::MAX);
        Some(backoff.saturating_add(spread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_adds_a_share_of_the_doubled() {
        let mut schedule =
            Exponential { retries: 3, base: Duration::from_secs(1), ratio: 0.4, source: || 0.5 };
        let waits = [0, 1, 2, 3].map(|retry| schedule.delay(retry).map(|wait| wait.as_millis()));
        assert_eq!(waits, [Some(1200), Some(2400), Some(4800), None]);
    }

    #[test]
    fn random_draws_stay_in_the_bounds_and_differ() {
        let source = Random(fastrand::Rng::with_seed(7));
        let mut schedule = Exponential { retries: 5, base: Duration::from_millis(10), ratio: 1.0, source };
        let shares = [0, 1, 2, 3, 4].map(|retry| {
            let wait = schedule.delay(retry).unwrap();
            wait.as_secs_f64() / 0.01 / f64::from(1 << retry) - 1.0
        });
        assert!(shares.iter().all(|share| (-1e-6..=1.0).contains(share)), "{shares:?}");
        assert!(shares.iter().any(|share| (share - shares[0]).abs() > 0.01), "{shares:?}");
    }

    #[test]
    fn draws_out_of_bounds_are_cut() {
        for (draw, millis) in
            [(f64::NAN, 1000), (-1.0, 1000), (f64::NEG_INFINITY, 1000), (2.0, 1500), (f64::INFINITY, 1500)]
        {
            let mut schedule =
                Exponential { retries: 1, base: Duration::from_secs(1), ratio: 0.5, source: move || draw };
            assert_eq!(schedule.delay(0), Some(Duration::from_millis(millis)), "{draw}");
        }
    }

    #[test]
    fn huge_waits_saturate() {
        let mut schedule = Exponential { retries: u32::MAX, base: Duration::MAX, ratio: 1.0, source: || 1.0 };
        assert_eq!(schedule.delay(40), Some(Duration::MAX));
    }
}
