//! The broadcast example on smol.
#![cfg(unix)]

mod broadcast;

const RUNTIME: &str = "smol";
