//! One behaviour suite, written once, on every backend.
//!
//! Each backend is a module with the same three items: `Time`, the timer's type; `Env`, which has a test's timer and
//! spawner; and `run`, which runs a test. It then includes the suite with `#[path]`. So the suite is ordinary code,
//! compiled again with each backend's own types, and it tests the real spawner, not a boxed one.

#![cfg(feature = "std")]
#![expect(clippy::duplicate_mod, reason = "the suite is included once a backend: that is the point")]
#![expect(clippy::unused_self, reason = "each backend has the same methods; some need nothing for them")]

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
