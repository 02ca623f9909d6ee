//! The workloads by name, and what is measured of each.

use serde::{Deserialize, Serialize};

/// A load under which subjects are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Workload {
    #[serde(rename = "W1")]
    Pipelined,
    #[serde(rename = "W2")]
    PingPong,
    #[serde(rename = "W3")]
    Backlog,
    #[serde(rename = "W4")]
    Producers,
    #[serde(rename = "W5")]
    Strategies,
    #[serde(rename = "W6")]
    Idle,
    #[serde(rename = "W6 used")]
    Used,
    #[serde(rename = "W7")]
    Results,
}

impl Workload {
    pub(crate) const ALL: [Self; 8] = [
        Self::Pipelined,
        Self::PingPong,
        Self::Backlog,
        Self::Producers,
        Self::Strategies,
        Self::Idle,
        Self::Used,
        Self::Results,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pipelined => "W1",
            Self::PingPong => "W2",
            Self::Backlog => "W3",
            Self::Producers => "W4",
            Self::Strategies => "W5",
            Self::Idle => "W6",
            Self::Used => "W6 used",
            Self::Results => "W7",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Pipelined => "pipelined: 1,000 requests outstanding",
            Self::PingPong => "ping-pong: one request at a time",
            Self::Backlog => "backlog: all queued, then drained",
            Self::Producers => "eight producers on two threads, 1,000 requests outstanding",
            Self::Strategies => "pipelined, through strategies",
            Self::Idle => "idle: heap per runner that never served a request",
            Self::Used => "idle: heap per runner that served one request",
            Self::Results => "pipelined, with the results consumed",
        }
    }

    /// Returns true if the time of its runs is meaningful.
    pub(crate) fn is_timed(self) -> bool {
        !matches!(self, Self::Idle | Self::Used)
    }

    /// Returns true if its runs measure held bytes.
    pub(crate) fn holds_bytes(self) -> bool {
        matches!(self, Self::Backlog | Self::Idle | Self::Used)
    }

    /// Returns true if all requests cost the same, so that one costs the difference of N more requests divided by N.
    pub(crate) fn is_per_request(self) -> bool {
        matches!(self, Self::Pipelined | Self::PingPong | Self::Strategies | Self::Results | Self::Producers)
    }
}
