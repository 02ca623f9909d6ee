//! [tower](https://docs.rs/tower), both ways: a [`ServiceSender`] sends through any tower service, and a
//! [`SenderRunner`](crate::SenderRunner) is a tower service itself.
//!
//! # A service as the sender
//!
//! ```
//! use std::convert::Infallible;
//! use telegram_sender::tower::ServiceSender;
//! use telegram_sender::{SenderRunner, Smol};
//!
//! # smol::block_on(async {
//! let shout = tower::service_fn(|text: String| async move { Ok::<_, Infallible>(text.to_uppercase()) });
//! let runner = SenderRunner::builder(ServiceSender::new(shout)).prepare(Smol).start(Smol).await.unwrap();
//! assert_eq!(runner.request("hello".to_owned()).await.unwrap().await.unwrap(), "HELLO");
//! # });
//! ```
//!
//! Tower's layers often give a `BoxError`, which is no `Error` itself, and so the runner's errors are none: give the
//! service an error type with `map_err`, as the example `tower_stack` does, where these are to go on as errors.
//!
//! # A runner as the service
//!
//! `poll_ready` is pending while the queue is full. Being ready reserves nothing: a handle that was told so and never
//! calls keeps nobody out, as a reserved slot would. If several handles are told of the same room and all call, the
//! queue holds that many more than its bound, never more than one for each handle.
//!
//! Dropping a call's future [cancels](crate::Ticket::cancel) it, as tower's layers expect: a timeout around the runner
//! takes back a request whose turn has not come.
//!
//! ```
//! # use telegram_sender::{MessageResponse, MessageSender};
//! # struct Echo;
//! # impl MessageSender for Echo {
//! #     type Request = u32; type Message = u32; type Rejection = &'static str; type Error = std::io::Error;
//! #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, std::io::Error> { Ok(Ok(*r)) }
//! # }
//! use telegram_sender::{SenderRunner, Smol};
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! # smol::block_on(async {
//! let runner = SenderRunner::builder(Echo).queue_capacity(100)?.prepare(Smol).start(Smol).await?;
//! let mut stack = ServiceBuilder::new().map_request(|text: &str| text.len() as u32).service(runner);
//! assert_eq!(stack.ready().await?.call("hello").await?, 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod sender;
mod service;

pub use sender::{AcceptAll, Classify, ServiceSender};
pub use service::{CallFuture, ServiceError};
