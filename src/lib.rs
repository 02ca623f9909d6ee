#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// The README's example sends through Telegram on smol; without these features it is text only.
#![cfg_attr(all(feature = "telegram", feature = "smol"), doc = include_str!("../README.md"))]
#![cfg_attr(not(all(feature = "telegram", feature = "smol")), doc = env!("CARGO_PKG_DESCRIPTION"))]
//!
//! # Where to read on
//!
//! | task | start at |
//! | --- | --- |
//! | hold a runner, make requests, read results, close | [`SenderRunner`], [`runner`] |
//! | send something of your own | [`MessageSender`], [`sender`] |
//! | limit, retry, delay | [`strategy`] |
//! | run on smol, tokio, embassy or your own executor | [`runtime`] |
//! | run without an allocator, or faster | [`storage`] |
//! | know why a request failed | [`SendError`], [`error`] |
#![cfg_attr(
    all(
        doc,
        feature = "embassy",
        feature = "serde",
        feature = "smol",
        feature = "telegram",
        feature = "testing",
        feature = "tokio"
    ),
    doc = "\nThe [`guide`] has a page for each task, with whole programs."
)]
//!
//! # Features
//!
#![cfg_attr(feature = "document-features", doc = document_features::document_features!())]

#[cfg(feature = "alloc")]
extern crate alloc;

mod answer;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod contain;
pub mod error;
// Its pages use all of these.
#[cfg(all(
    any(doc, doctest),
    feature = "embassy",
    feature = "serde",
    feature = "smol",
    feature = "telegram",
    feature = "testing",
    feature = "tokio"
))]
pub mod guide;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod keep_results;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod life;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod results;
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub mod runner;
pub mod runtime;
pub mod sender;
#[cfg(any(feature = "alloc", feature = "embassy"))]
mod stats;
#[cfg(any(feature = "alloc", feature = "embassy"))]
pub mod storage;
pub mod strategy;
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
#[doc(inline)]
pub use error::{NoAnswer, RequestError, SendError};
#[cfg(any(feature = "alloc", feature = "embassy"))]
#[doc(inline)]
pub use runner::{Results, SenderRunner, Ticket};
#[cfg(feature = "embassy")]
#[doc(inline)]
pub use runtime::Embassy;
#[cfg(feature = "smol")]
#[doc(inline)]
pub use runtime::Smol;
#[cfg(feature = "tokio")]
#[doc(inline)]
pub use runtime::Tokio;
#[doc(inline)]
pub use sender::{MessageResponse, MessageSender};
#[doc(inline)]
pub use strategy::{CompositeStrategy, Delay, Jitter, RateLimiter, Requeue, Retry, SendStrategy, Timeout};
