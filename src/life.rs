//! Where a runner is in its life, and how it ended.

/// Where a runner is in its life. It only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Takes requests.
    Open,
    /// Takes no more requests, and sends those it has.
    Closing,
    /// Sends nothing any more; the sender is being closed.
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

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Exit {
    /// Closed, or all handles dropped: everything that was queued has been sent.
    Drained,
    /// Aborted: some requests may have come back unsent.
    Aborted,
    /// The worker was dropped before its end, by its executor or its owner.
    Dropped,
}
