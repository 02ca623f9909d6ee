//! One behaviour suite, written once, on every backend.
//!
//! Each backend is a module with the same two items: `Env`, which has a test's timer and spawner, and `run`, which runs a
//! test. `suite!` makes the tests of it. `not_send.rs` is compiled again with the own types of each backend that runs
//! senders which are not `Send`.

#![cfg(feature = "std")]
#![expect(clippy::duplicate_mod, reason = "the suite is included once a backend: that is the point")]
#![expect(clippy::unused_self, reason = "each backend has the same methods; some need nothing for them")]

#[macro_use]
mod backend;
#[cfg(feature = "embassy")]
mod embassy_local;
#[cfg(feature = "embassy")]
mod embassy_send;
mod futures_local_pool;
mod futures_thread_pool;
mod own_timer;
mod sender;
#[cfg(feature = "smol")]
mod smol_executor;
#[cfg(feature = "smol")]
mod smol_global;
#[cfg(feature = "smol")]
mod smol_local;
mod strategies;
// With every backend, a test that no group lists is a warning.
#[cfg_attr(
    not(any(feature = "testing", feature = "tokio")),
    allow(dead_code, reason = "no backend has exact times")
)]
mod suite;
mod threads;
#[cfg(feature = "tokio")]
mod tokio_current_thread;
#[cfg(feature = "tokio")]
mod tokio_handle;
#[cfg(feature = "tokio")]
mod tokio_local;
#[cfg(feature = "tokio")]
mod tokio_local_set;
#[cfg(feature = "tokio")]
mod tokio_multi_thread;
#[cfg(feature = "testing")]
mod virtual_time;
