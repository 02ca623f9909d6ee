//! See README
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod error;
#[cfg(feature = "alloc")]
mod results;
#[cfg(feature = "alloc")]
mod runner;
mod runtime;
mod sender;
#[cfg(feature = "alloc")]
mod storage;
mod strategy;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "alloc")]
mod ticket;
#[cfg(feature = "alloc")]
mod worker;

pub use error::{
    InvalidArgument, NoAnswer, Panic, RequestError, RequeueError, ResultError, SendError, StrategyError,
};
#[cfg(feature = "alloc")]
pub use results::{Answer, KeepResults, Overflow, Results};
#[cfg(feature = "alloc")]
pub use runner::{Builder, Prepared, Runner, SenderRunner};
#[cfg(feature = "smol")]
pub use runtime::Smol;
pub use runtime::{Instant, Spawner, Timer};
pub use sender::{MessageResponse, MessageSender};
#[cfg(feature = "alloc")]
pub use storage::{Exit, Heap, Storage};
#[cfg(feature = "backon")]
pub use strategy::Backoff;
#[cfg(feature = "alloc")]
pub use strategy::{BuiltIn, Chain};
pub use strategy::{
    CompositeStrategy, Context, Delay, Fixed, Identity, Jitter, JitterSource, Outcome, Pipeline, Random,
    RateLimiter, RequestId, Requeue, Retry, RetrySchedule, SendStrategy, Timeout,
};
#[cfg(feature = "alloc")]
pub use ticket::Ticket;
