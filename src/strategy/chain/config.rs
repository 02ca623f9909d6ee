//! The built-in strategies as configuration states them. Their constructors check the arguments.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use serde::de::value::{EnumAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Chain;
use crate::error::InvalidArgument;
use crate::strategy::{Delay, Jitter, RateLimiter, Requeue, Retry, Timeout};

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

impl BuiltIn {
    /// Returns the name of the strategy in configuration.
    const fn name(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::RateLimiter { .. } => "rate_limiter",
            Self::Delay { .. } => "delay",
            Self::Retry { .. } => "retry",
            Self::Jitter { .. } => "jitter",
            Self::Requeue(_) => "requeue",
        }
    }

    fn make(self) -> Result<super::BuiltIn, InvalidArgument> {
        Ok(match self {
            Self::Timeout { seconds } => Timeout::new(seconds.0)?.into(),
            Self::RateLimiter { rate, per_seconds } => RateLimiter::new(rate, per_seconds.0)?.into(),
            Self::Delay { seconds } => Delay::new(seconds.0).into(),
            Self::Retry { retries, delay_seconds, on_no_answer, uncounted_flood_waits } => {
                let mut retry = Retry::new(retries, delay_seconds.0);
                if on_no_answer {
                    retry = retry.on_no_answer();
                }
                if uncounted_flood_waits {
                    retry = retry.uncounted_flood_waits();
                }
                retry.into()
            }
            Self::Jitter { retries, base_seconds, ratio, seed, on_no_answer, uncounted_flood_waits } => {
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
            Self::Requeue(Rounds::Cycles(cycles)) => Requeue::cycles(cycles).into(),
            Self::Requeue(Rounds::CyclesPerRequest(cycles)) => Requeue::cycles_per_request(cycles).into(),
            Self::Requeue(Rounds::Endless) => Requeue::endless().into(),
        })
    }
}

/// An argument that a strategy refused.
pub(super) struct Refused(&'static str, InvalidArgument);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.1)
    }
}

impl TryFrom<BuiltIn> for super::BuiltIn {
    type Error = Refused;

    fn try_from(built_in: BuiltIn) -> Result<Self, Refused> {
        let name = built_in.name();
        built_in.make().map_err(|error| Refused(name, error))
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<super::BuiltIn>::deserialize(deserializer).map(Self::from)
    }
}

impl<'de, Own: Deserialize<'de>> Deserialize<'de> for Chain<Own> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let links = Vec::<Link<Own>>::deserialize(deserializer)?;
        Ok(links.into_iter().fold(Self::default(), |chain, link| match link {
            Link::BuiltIn(strategy) => chain.with(strategy),
            Link::Own(strategy) => chain.with_own(strategy),
        }))
    }
}

/// A built-in strategy, or one of the user's. The name decides.
enum Link<Own> {
    BuiltIn(super::BuiltIn),
    Own(Own),
}

impl<'de, Own: Deserialize<'de>> Deserialize<'de> for Link<Own> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("Strategy", NAMES, ByName(PhantomData))
    }
}

const NAMES: &[&str] = &["timeout", "rate_limiter", "delay", "retry", "jitter", "requeue"];

struct ByName<Own>(PhantomData<Own>);

impl<'de, Own: Deserialize<'de>> Visitor<'de> for ByName<Own> {
    type Value = Link<Own>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a strategy")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
        let (name, arguments): (String, _) = access.variant()?;
        let is_built_in = NAMES.contains(&name.as_str());
        let strategy = EnumAccessDeserializer::new(Named { name, arguments });
        if is_built_in {
            super::BuiltIn::deserialize(strategy).map(Link::BuiltIn)
        } else {
            Own::deserialize(strategy).map(Link::Own)
        }
    }
}

/// An enum whose name was read already.
struct Named<Arguments> {
    name: String,
    arguments: Arguments,
}

impl<'de, A: VariantAccess<'de>> EnumAccess<'de> for Named<A> {
    type Error = A::Error;
    type Variant = A;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, A), A::Error> {
        let name: StringDeserializer<A::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.arguments))
    }
}
