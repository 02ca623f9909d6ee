//! A true sliding window: no window of the period ever holds more sends than the rate.

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
use core::future::Future;
use core::time::Duration;

use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::error::InvalidArgument;
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::MessageSender;

/// Admits at most `rate` sends in any window of `period`.
///
/// It waits before the send that it wraps and takes the stamp just before it, so a failed send counts too and
/// an idle time earns no credit. A send leaves the window exactly `period` after it was made.
///
/// List it before a [`Retry`](crate::Retry), so that re-sends pass it too; listed after one, it waits once for
/// the whole retried send. To keep two limits, list two: each counts a send when it is really made, after the other's
/// wait.
///
/// The window's stamps are in `Stamps`: a boxed slice, or an array where there is no allocator.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::{Instant, RateLimiter};
///
/// let boxed = RateLimiter::new(30, Duration::from_secs(1))?;
/// let on_a_chip: RateLimiter<[Instant; 30]> = RateLimiter::with_array(Duration::from_secs(1))?;
/// assert_eq!(RateLimiter::new(0, Duration::from_secs(1)).unwrap_err().argument(), "rate");
/// # let _ = (boxed, on_a_chip); Ok::<(), telegram_sender::InvalidArgument>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "RateLimiterStrategy")]
pub struct RateLimiter<Stamps> {
    period: Nanos,
    /// The stamps of the last sends, as many as the rate, in a ring.
    stamps: Stamps,
    /// The place of the next stamp.
    next: usize,
    /// Whether each place has a stamp: that at `next` is then the oldest.
    full: bool,
    /// Whether a send was admitted whose end was never seen: it may have been dropped.
    in_flight: bool,
}

#[cfg(feature = "alloc")]
impl RateLimiter<Box<[Instant]>> {
    /// A limit of `rate` sends in any window of `period`. It holds eight bytes per send of the rate.
    ///
    /// # Errors
    ///
    /// Refused when `rate` or `period` is zero.
    pub fn new(rate: u32, period: Duration) -> Result<Self, InvalidArgument> {
        // A rate beyond the address space can't be kept in memory, nor reached.
        let stamps = alloc::vec![Instant::EPOCH; usize::try_from(rate).unwrap_or(usize::MAX)];
        Self::with_stamps(stamps.into_boxed_slice(), period)
    }
}

impl<const RATE: usize> RateLimiter<[Instant; RATE]> {
    /// A limit of `RATE` sends in any window of `period`, without allocation.
    ///
    /// # Errors
    ///
    /// Refused when `RATE` or `period` is zero.
    pub fn with_array(period: Duration) -> Result<Self, InvalidArgument> {
        // None is read before it is written. Zeros would be filled in by a `memset` that a chip may need for nothing else.
        let unused = Instant::from_nanos(1);
        Self::with_stamps([unused; RATE], period)
    }
}

impl<Stamps: AsRef<[Instant]> + AsMut<[Instant]>> RateLimiter<Stamps> {
    fn with_stamps(stamps: Stamps, period: Duration) -> Result<Self, InvalidArgument> {
        // Made before it is checked: else a chip moves the stamps once more.
        let limiter = Self { period: Nanos::of(period), stamps, next: 0, full: false, in_flight: false };
        if limiter.stamps.as_ref().is_empty() {
            return Err(InvalidArgument::new("rate", "must be at least 1"));
        }
        if limiter.period.is_zero() {
            return Err(InvalidArgument::new("period", "must be longer than zero"));
        }
        Ok(limiter)
    }

    /// Admits a send now, or says when there will be room.
    pub(super) fn admit<S: MessageSender>(&mut self, cx: &mut impl Context<S>) -> Result<(), Instant> {
        if self.in_flight {
            self.sent(cx);
        }
        let now = cx.now();
        // A send that has to wait for the service is not made yet.
        if let Some(permitted_at) = cx.not_before().filter(|permitted_at| now < *permitted_at) {
            return Err(permitted_at);
        }
        self.stamp(now)?;
        self.in_flight = true;
        cx.admit(now);
        Ok(())
    }

    /// Moves the stamp of the send that was admitted last to when a limiter nearer to the sender admitted it too:
    /// only then was it made.
    pub(super) fn sent<S: MessageSender>(&mut self, cx: &impl Context<S>) {
        self.in_flight = false;
        if let Some(admitted) = cx.admitted_at() {
            self.move_newest(admitted);
        }
    }

    /// Stamps a send that is made `now`, or says when there will be room.
    fn stamp(&mut self, now: Instant) -> Result<(), Instant> {
        let stamps = self.stamps.as_mut();
        let rate = stamps.len();
        let Some(oldest) = stamps.get_mut(self.next) else { return Ok(()) };
        if self.full && now < *oldest + self.period {
            return Err(*oldest + self.period);
        }
        *oldest = now;
        self.next += 1;
        if self.next == rate {
            (self.next, self.full) = (0, true);
        }
        Ok(())
    }

    /// Moves the newest stamp forward to `time`; never back.
    fn move_newest(&mut self, time: Instant) {
        let stamps = self.stamps.as_mut();
        let end = if self.next == 0 && self.full { stamps.len() } else { self.next };
        if let Some(newest) = end.checked_sub(1).and_then(|index| stamps.get_mut(index)) {
            *newest = time.max(*newest);
        }
    }
}

impl<S, Stamps> SendStrategy<S> for RateLimiter<Stamps>
where
    S: MessageSender,
    Stamps: AsRef<[Instant]> + AsMut<[Instant]>,
{
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold twice what it is given")]
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        async move {
            while let Err(room_at) = self.admit(cx) {
                let timer = cx.timer();
                timer.sleep_until(room_at).await;
            }
            let outcome = inner.send(cx, request).await;
            self.sent(cx);
            outcome
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    fn admit<const RATE: usize>(
        limiter: &mut RateLimiter<[Instant; RATE]>,
        millis: u64,
    ) -> Result<(), Instant> {
        limiter.stamp(at(millis))
    }

    #[test]
    fn expiry_is_inclusive_and_idle_time_earns_no_credit() {
        let mut limiter = RateLimiter::<[Instant; 2]>::with_array(Duration::from_secs(1)).unwrap();
        assert_eq!(admit(&mut limiter, 0), Ok(()));
        assert_eq!(admit(&mut limiter, 400), Ok(()));
        assert_eq!(admit(&mut limiter, 999), Err(at(1000)));
        assert_eq!(admit(&mut limiter, 1000), Ok(()));
        assert_eq!(admit(&mut limiter, 1000), Err(at(1400)));
        assert_eq!(admit(&mut limiter, 60_000), Ok(()));
        assert_eq!(admit(&mut limiter, 60_000), Ok(()));
        assert_eq!(admit(&mut limiter, 60_000), Err(at(61_000)));
    }

    #[test]
    fn a_rate_of_one_wraps_at_once() {
        let mut limiter = RateLimiter::<[Instant; 1]>::with_array(Duration::from_millis(10)).unwrap();
        assert_eq!(admit(&mut limiter, 5), Ok(()));
        assert_eq!(admit(&mut limiter, 6), Err(at(15)));
        assert_eq!(admit(&mut limiter, 15), Ok(()));
        assert_eq!(admit(&mut limiter, 24), Err(at(25)));
    }

    #[test]
    fn the_newest_stamp_moves_forward_only() {
        let mut limiter = RateLimiter::<[Instant; 2]>::with_array(Duration::from_secs(1)).unwrap();
        limiter.move_newest(at(9_000));
        for (admitted, sent, room_at) in
            [(0, 500, None), (500, 600, None), (1500, 1700, Some(1600)), (1700, 0, Some(2700))]
        {
            assert_eq!(admit(&mut limiter, admitted), Ok(()));
            limiter.move_newest(at(sent));
            if let Some(room_at) = room_at {
                assert_eq!(admit(&mut limiter, admitted), Err(at(room_at)));
            }
        }
    }

    #[test]
    fn bad_arguments_are_named() {
        let zero_rate = RateLimiter::<[Instant; 0]>::with_array(Duration::from_secs(1)).unwrap_err();
        assert_eq!(zero_rate.argument(), "rate");
        let zero_period = RateLimiter::<[Instant; 1]>::with_array(Duration::ZERO).unwrap_err();
        assert_eq!(zero_period.argument(), "period");
    }
}
