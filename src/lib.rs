#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// The README's example sends through Telegram on smol; without these features it is text only.
#![cfg_attr(all(feature = "telegram", feature = "smol"), doc = include_str!("../README.md"))]
#![cfg_attr(not(all(feature = "telegram", feature = "smol")), doc = env!("CARGO_PKG_DESCRIPTION"))]
//!
//! # Where to read on
//!
//! A request's way through the crate, by names: [`SenderRunner::request`] enqueues it and gives a [`Ticket`]; the
//! worker takes it from the [`Storage`], sends it through each [`SendStrategy`] and the [`MessageSender`], settles
//! the ticket, and publishes the [`Answer`] to [`Results`].
//!
//! - To send something: implement [`MessageSender`].
//! - To shape how it is sent: list strategies in the [`Builder`], [`CompositeStrategy`] or [`Chain`], or implement
//!   [`SendStrategy`].
//! - To run somewhere else: implement [`Timer`] and [`Spawner`].
//!
//! # Features
//!
#![cfg_attr(feature = "document-features", doc = document_features::document_features!())]

#[cfg(feature = "alloc")]
extern crate alloc;

mod answer;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod contain;
mod error;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod keep_results;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod life;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod results;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod runner;
mod runtime;
mod sender;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod stats;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod storage;
mod strategy;
#[cfg(feature = "telegram")]
pub mod telegram;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod ticket;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod trace;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod worker;

pub use answer::{Answer, RequestId};
pub use error::{
    CallError, InvalidArgument, NoAnswer, Panic, RequestError, RequeueError, ResultError, SendError,
    StrategyError,
};
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub use keep_results::{KeepResults, Overflow};
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub use life::Exit;
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub use results::Results;
#[cfg(feature = "alloc")]
pub use runner::SendAll;
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub use runner::{Builder, Close, Enqueue, IntoWorker, Prepared, Runner, SenderRunner};
#[cfg(feature = "embassy")]
pub use runtime::Embassy;
#[cfg(feature = "smol")]
pub use runtime::Smol;
#[cfg(feature = "alloc")]
pub use runtime::{FuturesLocalSpawner, FuturesSpawner};
pub use runtime::{Instant, SpawnFn, Spawner, Timer, spawn_fn};
#[cfg(feature = "tokio")]
pub use runtime::{Tokio, TokioLocal};
pub use sender::{Delivery, MessageResponse, MessageSender};
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub use stats::Stats;
#[cfg(feature = "alloc")]
pub use storage::Heap;
#[cfg(feature = "std")]
pub use storage::Lean;
#[cfg(feature = "embassy")]
pub use storage::{FixedStorage, Unsent};
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub use storage::{Preallocated, Storage};
#[cfg(feature = "backon")]
pub use strategy::Backoff;
#[cfg(feature = "alloc")]
pub use strategy::{BuiltIn, Chain};
pub use strategy::{
    CompositeStrategy, ConstantDelay, Context, Delay, Identity, Jitter, JitterSource, Outcome, Pipeline,
    Random, RateLimiter, Requeue, Retry, RetrySchedule, SendStrategy, Stamps, Timeout,
};
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub use ticket::Ticket;
