//! [tower](https://docs.rs/tower), both ways: a [`ServiceSender`] sends through any tower service, and a
//! [`SenderRunner`](crate::SenderRunner) is a tower service itself.
//!
//! Start with [`ServiceSender::new`] to send through a service; a [`Classify`] separates its messages from its
//! rejections. A runner's handle needs no wrapper: its calls fail with a [`ServiceError`].
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
//! Tower's layers often return a `BoxError`, which does not implement `Error`, so the runner's errors do not
//! implement it either. If you need them to, give the service an error type with `map_err`, as the example
//! `tower_stack` does.
//!
//! # A runner as the service
//!
//! `poll_ready` is pending while the queue is full. It reserves no slot, so a handle that is ready and never calls
//! keeps no other caller out. If several handles are ready for the same room and all of them call, the queue exceeds
//! its bound, by at most one request for each handle.
//!
//! Dropping the future of a call [cancels](crate::Ticket::cancel) its request, as tower's layers expect: a timeout
//! around the runner takes back a request whose turn has not come.
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
