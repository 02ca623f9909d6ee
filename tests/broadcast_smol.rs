//! The broadcast example on smol.

#![cfg(all(unix, feature = "telegram", feature = "smol"))]

mod broadcast;

const RUNTIME: &str = "smol";
