//! The faults of a bad line.

use std::fmt;

use crate::link::DELIMITER;

/// Damages frames at random, in a course that a seed decides.
pub(crate) struct Faults {
    random: fastrand::Rng,
    /// The faults of each kind in a thousand frames.
    rate: u32,
    frames: u32,
    corrupted: u32,
    cut: u32,
    doubled: u32,
    dropped: u32,
}

impl Faults {
    pub(super) fn new(rate: u32, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self { random, rate, frames: 0, corrupted: 0, cut: 0, doubled: 0, dropped: 0 }
    }

    /// Appends a frame to `wire`, perhaps with a fault.
    pub(super) fn put(&mut self, frame: &[u8], wire: &mut Vec<u8>) {
        self.frames += 1;
        wire.push(DELIMITER);
        let luck = self.random.u32(0..1_000);
        if luck < self.rate {
            self.dropped += 1;
            return;
        }
        let begin = wire.len();
        wire.extend_from_slice(frame);
        if luck < 2 * self.rate {
            self.corrupted += 1;
            let place = self.random.usize(begin..wire.len());
            wire[place] ^= self.random.u8(1..);
        } else if luck < 3 * self.rate {
            self.cut += 1;
            wire.truncate(self.random.usize(begin..wire.len()));
            // Sometimes only the next frame's delimiter ends it.
            if self.random.bool() {
                return;
            }
        } else if luck < 4 * self.rate {
            self.doubled += 1;
            wire.push(DELIMITER);
            wire.extend_from_slice(frame);
        }
        wire.push(DELIMITER);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, corrupted, cut, doubled, dropped, .. } = self;
        write!(f, "{frames} frames, {corrupted} corrupted, {cut} cut, {doubled} doubled, {dropped} dropped")
    }
}
