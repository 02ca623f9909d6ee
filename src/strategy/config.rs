//! The built-in strategies as configuration states them. Their constructors check the arguments.

use core::time::Duration;

use serde::Deserialize;

use super::{Delay, Jitter, RateLimiter, Requeue, Retry, Timeout};
use crate::error::InvalidArgument;

/// One strategy with its arguments.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum BuiltIn {
    Timeout {
        seconds: Seconds,
    },
    RateLimiter {
        rate: u32,
        per_seconds: Seconds,
    },
    Delay {
        seconds: Seconds,
    },
    Retry {
        retries: u32,
        delay_seconds: Seconds,
        #[serde(default)]
        on_no_answer: bool,
        #[serde(default)]
        uncounted_flood_waits: bool,
    },
    Jitter {
        retries: u32,
        base_seconds: Seconds,
        ratio: f64,
        seed: Option<u64>,
        #[serde(default)]
        on_no_answer: bool,
        #[serde(default)]
        uncounted_flood_waits: bool,
    },
    Requeue(Rounds),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rounds {
    Cycles(u32),
    CyclesPerRequest(u32),
    Endless,
}

/// A duration as a number of seconds.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Seconds(Duration);

impl TryFrom<f64> for Seconds {
    type Error = InvalidArgument;

    fn try_from(seconds: f64) -> Result<Self, InvalidArgument> {
        let duration = Duration::try_from_secs_f64(seconds);
        duration.map(Self).map_err(|_| InvalidArgument::new("seconds", "must be a number from 0 on"))
    }
}

impl TryFrom<BuiltIn> for super::BuiltIn {
    type Error = InvalidArgument;

    fn try_from(built_in: BuiltIn) -> Result<Self, InvalidArgument> {
        Ok(match built_in {
            BuiltIn::Timeout { seconds } => Timeout::new(seconds.0)?.into(),
            BuiltIn::RateLimiter { rate, per_seconds } => RateLimiter::new(rate, per_seconds.0)?.into(),
            BuiltIn::Delay { seconds } => Delay::new(seconds.0).into(),
            BuiltIn::Retry { retries, delay_seconds, on_no_answer, uncounted_flood_waits } => {
                let mut retry = Retry::new(retries, delay_seconds.0);
                if on_no_answer {
                    retry = retry.on_no_answer();
                }
                if uncounted_flood_waits {
                    retry = retry.uncounted_flood_waits();
                }
                retry.into()
            }
            BuiltIn::Jitter { retries, base_seconds, ratio, seed, on_no_answer, uncounted_flood_waits } => {
                let mut jitter = match seed {
                    Some(seed) => Jitter::with_seed(retries, base_seconds.0, ratio, seed)?,
                    #[cfg(feature = "std")]
                    None => Jitter::new(retries, base_seconds.0, ratio)?,
                    #[cfg(not(feature = "std"))]
                    None => {
                        return Err(InvalidArgument::new("seed", "must be given where there is no `std`"));
                    }
                };
                if on_no_answer {
                    jitter = jitter.on_no_answer();
                }
                if uncounted_flood_waits {
                    jitter = jitter.uncounted_flood_waits();
                }
                jitter.into()
            }
            BuiltIn::Requeue(Rounds::Cycles(cycles)) => Requeue::cycles(cycles).into(),
            BuiltIn::Requeue(Rounds::CyclesPerRequest(cycles)) => Requeue::cycles_per_request(cycles).into(),
            BuiltIn::Requeue(Rounds::Endless) => Requeue::endless().into(),
        })
    }
}
