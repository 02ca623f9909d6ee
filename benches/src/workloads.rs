//! The loads under which subjects are measured.

pub(crate) mod backlog;
pub(crate) mod idle;
pub(crate) mod ping_pong;
pub(crate) mod pipelined;
pub(crate) mod producers;
pub(crate) mod results;

use std::time::Duration;

/// What one run of a workload gives.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Run {
    /// The time of what is to be timed.
    pub(crate) elapsed: Duration,
    /// The heap bytes that are held when they are the most, where the workload asks for that.
    pub(crate) bytes: i64,
}

/// The sum of the numbers from 0 on, to see that every request was answered with its own.
pub(crate) fn sum_below(requests: u64) -> u64 {
    requests * requests.saturating_sub(1) / 2
}
