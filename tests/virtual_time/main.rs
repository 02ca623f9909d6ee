//! The behaviour of a runner over every storage, in virtual time: no test sleeps, and a seed replays each
//! interleaving.

#![cfg(feature = "testing")]
// Some tests nest more strategies than any real runner.
#![recursion_limit = "512"]

#[macro_use]
mod common;

mod arrival;
mod cancellation;
#[cfg(feature = "serde")]
mod configuration;
mod conformance;
mod day;
mod faults;
#[cfg(feature = "embassy")]
mod fixed;
mod life_cycle;
mod liveness;
mod moving;
mod panics;
mod properties;
mod queues;
mod send_all;
mod shutdown;
mod stats;
#[cfg(feature = "backon")]
mod strategies;
#[cfg(feature = "tower")]
mod tower;
