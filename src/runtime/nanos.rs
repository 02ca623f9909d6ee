//! A duration in eight bytes, and 64-bit division for chips that have none.

use core::time::Duration;

/// A number of nanoseconds that saturates at some 584 years. A `Duration` takes sixteen bytes, and divisions to
/// create.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nanos {
    // Two words: a `u64` would leave padding next to it.
    low: u32,
    high: u32,
}

impl Nanos {
    #[expect(clippy::cast_possible_truncation, reason = "it is cut in two")]
    pub(crate) const fn new(nanos: u64) -> Self {
        Self { low: nanos as u32, high: (nanos >> 32) as u32 }
    }

    pub(crate) const fn of(duration: Duration) -> Self {
        let Some(seconds) = duration.as_secs().checked_mul(1_000_000_000) else { return Self::new(u64::MAX) };
        Self::new(seconds.saturating_add(duration.subsec_nanos() as u64))
    }

    pub(crate) const fn get(self) -> u64 {
        (self.high as u64) << 32 | self.low as u64
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.low == 0 && self.high == 0
    }

    pub(crate) const fn duration(self) -> Duration {
        let (seconds, nanos) = div_rem::<1_000_000_000>(self.get());
        Duration::new(seconds, nanos)
    }
}

impl core::fmt::Debug for Nanos {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.duration().fmt(f)
    }
}

/// Returns `number / BY` and the remainder, by a few multiplications. The compiler's own 64-bit division takes
/// half a kilobyte on a chip, and more time.
#[expect(clippy::cast_possible_truncation, reason = "cut where nothing is lost")]
pub(crate) const fn div_rem<const BY: u32>(number: u64) -> (u64, u32) {
    // Returns 2 to the power of 32 + SHIFT, divided by `by`, rounded down and capped to 32 bits.
    const fn reciprocal(by: u32) -> u32 {
        let exact = (1_u128 << (32 + by.ilog2())) / by as u128;
        if exact > u32::MAX as u128 { u32::MAX } else { exact as u32 }
    }
    let (reciprocal, shift) = (const { reciprocal(BY) as u64 }, const { BY.ilog2() });
    let (mut quotient, mut left) = (0, number);
    loop {
        // Too low by the reciprocal's last bit, so a part may be left for the next round.
        let part = ((left >> 32) * reciprocal + (((left as u32 as u64) * reciprocal) >> 32)) >> shift;
        if part == 0 {
            break;
        }
        quotient += part;
        left -= part * BY as u64;
    }
    if left >= BY as u64 {
        quotient += 1;
        left -= BY as u64;
    }
    (quotient, left as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divides<const BY: u32>() {
        let by = u64::from(BY);
        let edges = (0..64).map(|bit| 1_u64 << bit).chain([0, by, by * by, u64::MAX, u64::MAX / by * by]);
        let mut random = fastrand::Rng::with_seed(by);
        let others = (0..2_000).map(move |round| random.u64(..) >> (round % 64));
        for number in edges.chain(others).flat_map(|n| [n.wrapping_sub(1), n, n.saturating_add(1)]) {
            let (quotient, left) = div_rem::<BY>(number);
            assert_eq!((quotient, u64::from(left)), (number / by, number % by), "{number} / {BY}");
        }
    }

    #[test]
    fn it_divides() {
        divides::<1>();
        divides::<2>();
        divides::<3>();
        divides::<1_000>();
        divides::<1_000_000>();
        divides::<1_953_125>();
        divides::<1_000_000_000>();
        divides::<{ 1 << 31 }>();
        divides::<{ u32::MAX }>();
    }

    #[test]
    fn durations_come_back_and_long_ones_saturate() {
        for duration in [Duration::ZERO, Duration::new(3, 1), Duration::from_nanos(u64::MAX)] {
            assert_eq!(Nanos::of(duration).duration(), duration);
        }
        assert_eq!(Nanos::of(Duration::MAX).get(), u64::MAX);
        assert!(Nanos::new(0).is_zero() && !Nanos::new(1 << 32).is_zero());
    }
}
