//! The handle as a trait, for code that is generic over it and for tests that put something else in its place.

use core::future::Future;
use core::time::Duration;

use futures::stream::Stream;

use super::SenderRunner;
use crate::error::{RequestError, ResultError, SendError};
use crate::results::{Answer, Results};
use crate::runtime::Timer;
use crate::sender::MessageSender;
use crate::storage::{Exit, Storage};
use crate::ticket::Ticket;

/// What a [`SenderRunner`] does for its callers.
///
/// ```
/// use telegram_sender::{RequestError, Runner};
///
/// async fn greet<R: Runner<Request = String>>(runner: &R) -> Result<R::Ticket, RequestError<String>> {
///     runner.request("hello".to_owned()).await
/// }
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

    /// See [`SenderRunner::request`].
    ///
    /// # Errors
    ///
    /// Gives the request back when the runner is closing.
    fn request(
        &self,
        request: Self::Request,
    ) -> impl Future<Output = Result<Self::Ticket, RequestError<Self::Request>>>;

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
    fn close(&self) -> impl Future<Output = Exit>;

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

    async fn request(&self, request: S::Request) -> Result<Self::Ticket, RequestError<S::Request>> {
        Self::request(self, request).await
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

    async fn close(&self) -> Exit {
        Self::close(self).await
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
