//! The broadcast example on tokio.

#![cfg(all(unix, feature = "telegram", feature = "smol", feature = "tokio"))]

mod broadcast;

const RUNTIME: &str = "tokio";
