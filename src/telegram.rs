//! A sender for Telegram's [Bot API](https://core.telegram.org/bots/api) over HTTPS. It keeps its connections and
//! reuses them.
//!
//! Give a [`TelegramSender`] to a runner, and queue [`MessageRequest`]s:
//!
//! ```no_run
//! use std::time::Duration;
//! use telegram_sender::telegram::{BotToken, MessageRequest, TelegramSender};
//! use telegram_sender::{RateLimiter, Retry, SenderRunner, Smol};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> { smol::block_on(async {
//! let token = BotToken::new(std::env::var("BOT_TOKEN")?)?;
//! let runner = SenderRunner::builder(TelegramSender::new(token))
//!     .strategy(RateLimiter::new(30, Duration::from_secs(1))?)
//!     .strategy(Retry::new(3, Duration::from_secs(1)))
//!     .prepare(Smol)
//!     .start(Smol)
//!     .await?;
//! let ticket = runner.request(MessageRequest::text("@my_channel", "Hello!")?).await?;
//! println!("sent as message {}", ticket.await?.message_id());
//! runner.close().await;
//! # Ok(()) }) }
//! ```
//!
//! On tokio, with the feature `tokio`: create the sender with [`TelegramSender::on`]`(Tokio, token)`, and prepare
//! and start the runner with `Tokio`.
//!
//! # How an answer is read
//!
//! | answer | result |
//! | --- | --- |
//! | `{"ok":true, ...}` | a [`SentMessage`], whatever else the answer contains |
//! | `{"ok":false, ...}`, with any HTTP status | a [`TelegramRejection`]; perhaps posted if [`may_have_been_taken`] |
//! | a page of a proxy, a partial answer, none | a [`TelegramError`]; perhaps posted if [`may_have_arrived`] |
//!
//! [`may_have_arrived`]: TelegramError::may_have_arrived
//! [`may_have_been_taken`]: TelegramRejection::may_have_been_taken
//!
//! A request moves to another connection only if no byte of it was written to the first, so the sender never sends
//! a message twice by itself.
//!
//! # The token
//!
//! The token is part of each request's path. No `Debug` output, no error and no description of a rejection
//! contains it, not even if the server sends it back.
//!
//! # Types of the Bot API
//!
//! The types of the Bot API come from the [`frankenstein`] crate, which is re-exported here.

mod answer;
mod base_url;
mod builder;
mod chat;
mod error;
mod http;
mod media;
mod message;
mod network;
mod rejection;
mod request;
mod sender;
mod status;
mod token;

pub use self::builder::TelegramSenderBuilder;
pub use self::chat::ChatRef;
pub use self::error::TelegramError;
pub use self::http::ResolveError;
pub use self::media::Media;
pub use self::message::SentMessage;
pub use self::network::Network;
pub use self::rejection::{RejectionKind, TelegramRejection};
pub use self::request::MessageRequest;
pub use self::sender::TelegramSender;
pub use self::token::BotToken;
pub use frankenstein;
pub use frankenstein::ParseMode;
pub use frankenstein::types::{ChatId, LinkPreviewOptions, Message, ReplyParameters};
