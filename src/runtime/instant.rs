//! A point in time, relative to its timer's epoch.

use core::ops::Add;
use core::time::Duration;

use super::nanos::Nanos;

/// A point in time: nanoseconds since its [`Timer`](super::Timer)'s own epoch.
///
/// Do not compare instants of different timers. Arithmetic saturates (after some 584 years).
///
/// ```
/// use core::time::Duration;
/// use telegram_sender::runtime::Instant;
///
/// let start = Instant::from_nanos(5);
/// let later = start + Duration::from_nanos(7);
/// assert_eq!(later.saturating_duration_since(start), Duration::from_nanos(7));
/// assert_eq!(start.saturating_duration_since(later), Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

impl Instant {
    /// The timer's epoch.
    pub const EPOCH: Self = Self(0);

    /// The latest instant: a sleep until then never ends.
    pub const NEVER: Self = Self(u64::MAX);

    /// Returns the instant `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns the nanoseconds since the epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns the whole milliseconds since the epoch.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Returns the time from `earlier` to `self`, or zero if `earlier` is later.
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Nanos::new(self.0.saturating_sub(earlier.0)).duration()
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self + Nanos::of(duration)
    }
}

impl Add<Nanos> for Instant {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0.saturating_add(nanos.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_saturates() {
        assert_eq!(Instant::from_nanos(1) + Duration::MAX, Instant::from_nanos(u64::MAX));
    }
}
