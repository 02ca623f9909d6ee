//! The broadcast example on tokio.
#![cfg(unix)]

mod broadcast;

const RUNTIME: &str = "tokio";
