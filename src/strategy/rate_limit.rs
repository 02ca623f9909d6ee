//! A true sliding window: no window of the period ever holds more sends than the rate.

#[cfg(feature = "alloc")]
use alloc::collections::VecDeque;
use core::future::Future;
use core::time::Duration;

use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::error::InvalidArgument;
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::MessageSender;

/// Waits before each send until it fits the rate: at most `rate` sends in any window of `period`.
///
/// It stamps a send just before the send is made, so a failed send counts, too, and idle time earns no credit. A send
/// leaves the window exactly `period` after its stamp.
///
/// List it before a [`Retry`](crate::Retry), so that re-sends pass it, too. Listed after one, it waits once for the
/// whole retried send. To keep two limits, list two limiters: each counts a send when it is really made, after the
/// other's wait.
///
/// `Kept` holds the stamps of the window: a `VecDeque` that grows with the sends in the window, up to the rate, or an
/// array if there is no allocator.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::runtime::Instant;
/// use telegram_sender::RateLimiter;
///
/// let limiter = RateLimiter::new(30, Duration::from_secs(1))?;
/// let on_a_chip: RateLimiter<[Instant; 30]> = RateLimiter::with_array(Duration::from_secs(1))?;
/// assert_eq!(RateLimiter::new(0, Duration::from_secs(1)).unwrap_err().argument(), "rate");
/// # let _ = (limiter, on_a_chip); Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "RateLimiterStrategy")]
pub struct RateLimiter<Kept> {
    period: Nanos,
    /// The stamps of the last sends.
    stamps: Kept,
    ring: Ring,
}

/// The rate, and the place of the next stamp if the stamps are in an array.
#[derive(Debug, Clone)]
pub struct Ring {
    #[cfg(feature = "alloc")]
    rate: usize,
    next: usize,
    /// True if each place has a stamp. The one at `next` is the oldest then.
    full: bool,
}

/// The memory in which a limiter keeps its stamps.
///
/// The trait is sealed: its methods are not part of the public API.
pub trait Stamps: sealed::Sealed {
    /// Stamps a send that is made `now`, or returns the time at which there will be room.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "for stamps of ours")]
    fn stamp(&mut self, ring: &mut Ring, now: Instant, period: Nanos) -> Result<(), Instant>;

    #[doc(hidden)]
    fn newest(&mut self, ring: &Ring) -> Option<&mut Instant>;
}

mod sealed {
    pub trait Sealed {}
}

#[cfg(feature = "alloc")]
impl sealed::Sealed for VecDeque<Instant> {}

#[cfg(feature = "alloc")]
impl Stamps for VecDeque<Instant> {
    #[allow(private_interfaces, reason = "for stamps of ours")]
    fn stamp(&mut self, ring: &mut Ring, now: Instant, period: Nanos) -> Result<(), Instant> {
        while let Some(oldest) = self.front().copied() {
            let expiry = oldest + period;
            if expiry <= now {
                self.pop_front();
            } else if self.len() >= ring.rate {
                return Err(expiry);
            } else {
                break;
            }
        }
        self.push_back(now);
        Ok(())
    }

    fn newest(&mut self, _: &Ring) -> Option<&mut Instant> {
        self.back_mut()
    }
}

impl<const RATE: usize> sealed::Sealed for [Instant; RATE] {}

impl<const RATE: usize> Stamps for [Instant; RATE] {
    #[allow(private_interfaces, reason = "for stamps of ours")]
    fn stamp(&mut self, ring: &mut Ring, now: Instant, period: Nanos) -> Result<(), Instant> {
        let Some(oldest) = self.get_mut(ring.next) else { return Ok(()) };
        if ring.full && now < *oldest + period {
            return Err(*oldest + period);
        }
        *oldest = now;
        ring.next += 1;
        if ring.next == RATE {
            (ring.next, ring.full) = (0, true);
        }
        Ok(())
    }

    fn newest(&mut self, ring: &Ring) -> Option<&mut Instant> {
        let end = if ring.next == 0 && ring.full { RATE } else { ring.next };
        self.get_mut(end.checked_sub(1)?)
    }
}

#[cfg(feature = "alloc")]
impl RateLimiter<VecDeque<Instant>> {
    /// Creates a limit of `rate` sends in any window of `period`. It keeps eight bytes for each send in the window,
    /// at most `rate`.
    ///
    /// # Errors
    ///
    /// Fails if `rate` or `period` is zero.
    pub fn new(rate: u32, period: Duration) -> Result<Self, InvalidArgument> {
        // A rate beyond the address space can be neither kept in memory nor reached.
        Self::with_stamps(usize::try_from(rate).unwrap_or(usize::MAX), VecDeque::new(), period)
    }
}

impl<const RATE: usize> RateLimiter<[Instant; RATE]> {
    /// Creates a limit of `RATE` sends in any window of `period`, without allocation.
    ///
    /// # Errors
    ///
    /// Fails if `RATE` or `period` is zero.
    pub fn with_array(period: Duration) -> Result<Self, InvalidArgument> {
        // No stamp is read before it is written. Zeroes would need a `memset`, which a chip may need for nothing
        // else.
        let unused = Instant::from_nanos(1);
        Self::with_stamps(RATE, [unused; RATE], period)
    }
}

impl<Kept: Stamps> RateLimiter<Kept> {
    fn with_stamps(rate: usize, stamps: Kept, period: Duration) -> Result<Self, InvalidArgument> {
        // Created before the checks: otherwise a chip moves the stamps once more.
        let ring = Ring {
            #[cfg(feature = "alloc")]
            rate,
            next: 0,
            full: false,
        };
        let limiter = Self { period: Nanos::of(period), stamps, ring };
        if rate == 0 {
            return Err(InvalidArgument::new("rate", "must be at least 1"));
        }
        if limiter.period.is_zero() {
            return Err(InvalidArgument::new("period", "must be longer than zero"));
        }
        Ok(limiter)
    }

    /// Admits a send now, or returns the time at which there will be room.
    pub(super) fn admit<S: MessageSender>(&mut self, cx: &mut impl Context<S>) -> Result<(), Instant> {
        let now = cx.now();
        // A send that must wait for the service is not made yet.
        if let Some(permitted_at) = cx.not_before().filter(|permitted_at| now < *permitted_at) {
            return Err(permitted_at);
        }
        self.stamp(now)?;
        cx.admit(now);
        Ok(())
    }

    fn stamp(&mut self, now: Instant) -> Result<(), Instant> {
        self.stamps.stamp(&mut self.ring, now, self.period)
    }

    /// Moves the newest stamp forward to `time`; never back.
    pub(super) fn move_newest(&mut self, time: Instant) {
        if let Some(newest) = self.stamps.newest(&self.ring) {
            *newest = time.max(*newest);
        }
    }
}

/// The admission of a send, held until the send has ended or is cut short. Its drop moves the stamp to the admission
/// by a limiter nearer to the sender, if there was one: the send was made only then.
struct Admission<'a, Kept: Stamps, Last: Fn() -> Option<Instant>> {
    limiter: &'a mut RateLimiter<Kept>,
    last: Last,
}

impl<Kept: Stamps, Last: Fn() -> Option<Instant>> Drop for Admission<'_, Kept, Last> {
    fn drop(&mut self) {
        if let Some(admitted_at) = (self.last)() {
            self.limiter.move_newest(admitted_at);
        }
    }
}

impl<S: MessageSender, Kept: Stamps> SendStrategy<S> for RateLimiter<Kept> {
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold twice what it is given")]
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        async move {
            while let Err(room_at) = self.admit(cx) {
                // This wait always yields to other tasks, so it is not counted like a wait of the context.
                let timer = cx.timer();
                timer.sleep_until(room_at).await;
            }
            let _admission = Admission { limiter: self, last: cx.admissions() };
            inner.send(cx, request).await
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
    #[cfg(feature = "alloc")]
    fn a_limit_keeps_no_more_stamps_than_there_are_sends_in_a_window() {
        let mut limiter = RateLimiter::new(u32::MAX, Duration::from_secs(1)).unwrap();
        for send in 0..100_000 {
            assert_eq!(limiter.stamp(at(10 * send)), Ok(()));
        }
        assert_eq!(limiter.stamps.len(), 100);
        assert!(limiter.stamps.capacity() <= 1_000);
        // A limiter in use keeps to its rate.
        let mut limiter = RateLimiter::new(3, Duration::from_secs(1)).unwrap();
        let stamps = [0, 1, 2, 3, 1000, 1001, 1003, 1003].map(|millis| limiter.stamp(at(millis)));
        let (room, none) = (Ok(()), |until| Err(at(until)));
        assert_eq!(stamps, [room, room, room, none(1000), room, room, room, none(2000)]);
    }

    #[test]
    fn bad_arguments_are_named() {
        let zero_rate = RateLimiter::<[Instant; 0]>::with_array(Duration::from_secs(1)).unwrap_err();
        assert_eq!(zero_rate.argument(), "rate");
        let zero_period = RateLimiter::<[Instant; 1]>::with_array(Duration::ZERO).unwrap_err();
        assert_eq!(zero_period.argument(), "period");
    }
}
