//! The phases of a runner's life, and how it ended.

/// The phase of a runner's life. It only advances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Takes requests.
    Open,
    /// Takes no more requests, and sends those it has.
    Closing,
    /// Sends nothing more, and closes the sender.
    Aborting,
    /// The worker has ended.
    Stopped,
}

impl Phase {
    /// Returns the phase with the given number.
    #[inline]
    pub(crate) const fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Open,
            1 => Self::Closing,
            2 => Self::Aborting,
            _ => Self::Stopped,
        }
    }
}

/// The reason why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Exit {
    /// The runner was closed, or all handles were dropped. Everything that was queued has been sent.
    Drained,
    /// The runner was aborted. Some requests may have come back unsent.
    Aborted,
    /// The worker was dropped before its end, by its executor or its owner.
    Dropped,
}
