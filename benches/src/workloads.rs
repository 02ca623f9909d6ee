//! The loads under which subjects are measured.

pub(crate) mod backlog;
pub(crate) mod idle;
pub(crate) mod ping_pong;
pub(crate) mod pipelined;
pub(crate) mod producers;
pub(crate) mod results;

use std::time::Duration;

/// The outcome of one run of a workload.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    /// The time of the timed part.
    pub(crate) elapsed: Duration,
    /// The heap bytes at the peak, if the workload measures them.
    pub(crate) bytes: i64,
}

/// Returns the sum of the numbers below `requests`, to check that each request was answered with its own.
pub(crate) fn sum_below(requests: u64) -> u64 {
    requests * requests.saturating_sub(1) / 2
}
