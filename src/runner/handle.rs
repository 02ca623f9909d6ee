//! The handle as a trait, for code that is generic over it and for tests that put something else in its place.

use core::future::Future;
use core::time::Duration;

use futures::stream::Stream;

use super::{Close, Enqueue, SenderRunner};
use crate::answer::Answer;
use crate::error::{RequestError, ResultError, SendError};
use crate::life::Exit;
use crate::results::Results;
use crate::runtime::Timer;
use crate::sender::MessageSender;
use crate::storage::Storage;
use crate::ticket::Ticket;

/// What a [`SenderRunner`] does for its callers.
///
/// Most code needs no such trait: to be generic over the sender, take a `SenderRunner<S, T>` with a fixed timer, such as
/// [`Tokio`](crate::Tokio). This trait is for code that puts something else in a runner's place, as tests do.
///
/// ```
/// use telegram_sender::runner::Runner;
/// use telegram_sender::RequestError;
///
/// async fn greet<R: Runner<Request = String>>(runner: &R) -> Result<R::Ticket, RequestError<String>> {
///     runner.request("hello".to_owned()).await
/// }
/// ```
///
/// The futures of [`request`](Self::request) and [`close`](Self::close) have names, so that a task of another thread may
/// call them:
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// use std::sync::Arc;
/// use telegram_sender::runner::Runner;
/// use telegram_sender::RequestError;
///
/// async fn greet_from_a_task<R>(runner: Arc<R>) -> Result<R::Ticket, RequestError<String>>
/// where
///     R: Runner<Request = String, Ticket: Send> + Send + Sync + 'static,
///     for<'a> R::Enqueue<'a>: Send,
/// {
///     let task = tokio::spawn(async move { runner.request("hello".to_owned()).await });
///     task.await.expect("the task does not panic")
/// }
/// # }
/// ```
#[doc(alias = "ISenderRunner")]
pub trait Runner {
    /// What is sent.
    type Request;
    /// What the service gives for a request that it accepted.
    type Message;
    /// The service's answer that is an error.
    type Rejection;
    /// The sender's error.
    type Error;
    /// The future of one request.
    type Ticket: Future<Output = Result<Self::Message, SendError<Self::Rejection, Self::Error>>>;
    /// The stream of responses.
    type Results: Stream<Item = Answer<Self::Message, Self::Rejection>>;
    /// Requests that were never sent.
    type Unsent: IntoIterator<Item = Self::Request>;
    /// The future of [`request`](Self::request).
    type Enqueue<'a>: Future<Output = Result<Self::Ticket, RequestError<Self::Request>>>
    where
        Self: 'a;
    /// The future of [`close`](Self::close).
    type Close<'a>: Future<Output = Exit>
    where
        Self: 'a;

    /// See [`SenderRunner::request`].
    ///
    /// # Errors
    ///
    /// Gives the request back when the runner is closing.
    fn request(&self, request: Self::Request) -> Self::Enqueue<'_>;

    /// See [`SenderRunner::try_request`].
    ///
    /// # Errors
    ///
    /// Gives the request back when the queue is full or the runner is closing.
    fn try_request(&self, request: Self::Request) -> Result<Self::Ticket, RequestError<Self::Request>>;

    /// See [`SenderRunner::result`].
    ///
    /// # Errors
    ///
    /// When no response came in time, or none can come any more.
    fn result(&self) -> impl Future<Output = Result<Answer<Self::Message, Self::Rejection>, ResultError>>;

    /// See [`SenderRunner::results`].
    fn results(&self) -> Self::Results;

    /// See [`SenderRunner::close`].
    fn close(&self) -> Self::Close<'_>;

    /// See [`SenderRunner::close_with_timeout`].
    fn close_with_timeout(&self, timeout: Duration) -> impl Future<Output = Self::Unsent>;

    /// See [`SenderRunner::abort`].
    fn abort(&self) -> impl Future<Output = Self::Unsent>;

    /// See [`SenderRunner::task`].
    fn task(&self) -> impl Future<Output = Exit>;
}

impl<S: MessageSender, T: Timer, Q: Storage<S>> Runner for SenderRunner<S, T, Q> {
    type Request = S::Request;
    type Message = S::Message;
    type Rejection = S::Rejection;
    type Error = S::Error;
    type Ticket = Ticket<S, Q>;
    type Results = Results<S, Q>;
    type Unsent = Q::Unsent;
    type Enqueue<'a>
        = Enqueue<'a, S, T, Q>
    where
        Self: 'a;
    type Close<'a>
        = Close<'a, S, T, Q>
    where
        Self: 'a;

    fn request(&self, request: S::Request) -> Self::Enqueue<'_> {
        Self::request(self, request)
    }

    fn try_request(&self, request: S::Request) -> Result<Self::Ticket, RequestError<S::Request>> {
        Self::try_request(self, request)
    }

    async fn result(&self) -> Result<Answer<S::Message, S::Rejection>, ResultError> {
        Self::result(self).await
    }

    fn results(&self) -> Self::Results {
        Self::results(self)
    }

    fn close(&self) -> Self::Close<'_> {
        Self::close(self)
    }

    async fn close_with_timeout(&self, timeout: Duration) -> Self::Unsent {
        Self::close_with_timeout(self, timeout).await
    }

    async fn abort(&self) -> Self::Unsent {
        Self::abort(self).await
    }

    fn task(&self) -> impl Future<Output = Exit> {
        Self::task(self)
    }
}
