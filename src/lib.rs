//! See README
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod error;
mod results;
mod runner;
mod runtime;
mod sender;
mod storage;
mod strategy;
#[cfg(feature = "telegram")]
pub mod telegram;
mod ticket;
mod worker;

pub use error::{
    InvalidArgument, NoAnswer, Panic, RequestError, RequeueError, ResultError, SendError, StrategyError,
};
pub use results::{Answer, KeepResults, Overflow, Results};
#[cfg(feature = "alloc")]
pub use runner::Prepared;
pub use runner::{Builder, Runner, SenderRunner};
#[cfg(feature = "smol")]
pub use runtime::Smol;
pub use runtime::{Instant, Spawner, Timer};
pub use sender::{MessageResponse, MessageSender};
#[cfg(feature = "alloc")]
pub use storage::Heap;
pub use storage::{DefaultStorage, Exit, Storage};
#[cfg(feature = "backon")]
pub use strategy::Backoff;
#[cfg(feature = "alloc")]
pub use strategy::{BuiltIn, Chain};
pub use strategy::{
    CompositeStrategy, Context, Delay, Fixed, Identity, Jitter, JitterSource, Outcome, Pipeline, Random,
    RateLimiter, RequestId, Requeue, Retry, RetrySchedule, SendStrategy, Timeout,
};
pub use ticket::Ticket;
