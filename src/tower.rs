//! [tower](https://docs.rs/tower), both ways: a [`ServiceSender`] sends through any tower service, and a
//! [`SenderRunner`](crate::SenderRunner) is a tower service itself.
//!
//! Start with [`ServiceSender::new`] to send through a service; a [`Classify`] separates its messages from its
//! rejections. A runner's handle needs no wrapper: its calls fail with a [`ServiceError`].
//!
//! ```toml
//! telegram-sender = { version = "0.1", default-features = false, features = ["tokio", "tower"] }
//! tower = { version = "0.5", features = ["timeout", "util"] }
//! ```
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
//! Tower's layers often return a `BoxError`, which does not implement `Error`, so the errors of a runner over them do not
//! implement it either, and no layer that boxes errors, such as `timeout`, fits around that runner. Give the service an error
//! type with `map_err`, as the example `tower_stack` does.
//!
//! # A runner as the service
//!
//! `poll_ready` is pending while the queue is full. It reserves no slot, so a handle that is ready and never calls
//! keeps no other caller out. If several handles are ready for the same room and all of them call, the queue exceeds
//! its bound, by at most one request for each handle. A `call` without `poll_ready` is enqueued beyond the bound.
//!
//! Dropping the future of a call [cancels](crate::Ticket::cancel) its request, as tower's layers expect: a timeout
//! around the runner takes back a request whose turn has not come. A request in flight goes on; it may arrive, and the layer's
//! error does not say which of the two it was. A [`Timeout`](crate::Timeout) of the runner's own does say it.
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
//!
//! # Errors through layers
//!
//! A layer that boxes errors gives them back by `downcast`. A closing runner refuses in two forms: before a request is made and
//! with the request.
//!
//! ```
//! use telegram_sender::error::CallError;
//! use telegram_sender::tower::ServiceError;
//! use telegram_sender::{RequestError, SendError};
//!
//! type RunnerError = ServiceError<String, &'static str, std::io::Error>; // request, rejection, error of the sender
//!
//! fn say(error: tower::BoxError) -> String {
//!     if error.is::<tower::timeout::error::Elapsed>() {
//!         return "the layer's time-out: it may be sent later".to_owned();
//!     }
//!     match error.downcast::<RunnerError>().map(|error| *error) {
//!         Ok(ServiceError::NotReady) => "closing, before a request was made".to_owned(),
//!         Ok(ServiceError::Call(CallError::Refused(RequestError::Closing(request) | RequestError::Full(request)))) => {
//!             format!("closing, not sent: {request}")
//!         }
//!         Ok(ServiceError::Call(CallError::Failed(SendError::Rejected(rejection)))) => format!("rejected: {rejection}"),
//!         Ok(ServiceError::Call(CallError::Failed(SendError::NoAnswer(why)))) => {
//!             format!("no answer; may have arrived: {}", why.may_have_arrived())
//!         }
//!         Err(other) => format!("another layer: {other}"),
//!     }
//! }
//! # let refused = RunnerError::Call(CallError::Refused(RequestError::Closing("a".to_owned())));
//! # assert_eq!(say(refused.into()), "closing, not sent: a");
//! ```

mod sender;
mod service;

pub use sender::{AcceptAll, Classify, ServiceSender};
pub use service::{CallFuture, ServiceError};
