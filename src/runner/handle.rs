//! The handle as a trait, for generic code and for tests that put something else in its place.

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

/// The calls of a [`SenderRunner`] that another runner, or a fake, can stand in for.
///
/// Most code does not need it: to be generic over the sender, take a `SenderRunner<S, T>` with a fixed timer, such as
/// `Tokio`. The trait is for code that puts something else in the place of a runner, as tests do: the guide's page about generic
/// code has a fake. It leaves out what is about this runner only, such as `stats`, `queued` and `send_all`.
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
/// The futures of [`request`](Self::request) and [`close`](Self::close) have names, so that a bound can let a task of another
/// thread hold them:
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
    /// A request.
    type Request;
    /// The answer to an accepted request.
    type Message;
    /// The answer to a rejected request.
    type Rejection;
    /// The error of the sender.
    type Error;
    /// The future of one request.
    type Ticket: Future<Output = Result<Self::Message, SendError<Self::Rejection, Self::Error>>>;
    /// The stream of answers.
    type Results: Stream<Item = Answer<Self::Message, Self::Rejection>>;
    /// The requests that surely did not arrive.
    type Unsent: IntoIterator<Item = Self::Request>;
    /// The future of [`request`](Self::request).
    type Enqueue<'a>: Future<Output = Result<Self::Ticket, RequestError<Self::Request>>>
    where
        Self: 'a;
    /// The future of [`close`](Self::close).
    type Close<'a>: Future<Output = Exit>
    where
        Self: 'a;

    /// Enqueues a request; see [`SenderRunner::request`].
    ///
    /// # Errors
    ///
    /// Returns the request if the runner is closing.
    fn request(&self, request: Self::Request) -> Self::Enqueue<'_>;

    /// Enqueues a request without waiting; see [`SenderRunner::try_request`].
    ///
    /// # Errors
    ///
    /// Returns the request if the queue is full or the runner is closing.
    fn try_request(&self, request: Self::Request) -> Result<Self::Ticket, RequestError<Self::Request>>;

    /// Waits for the next answer; see [`SenderRunner::result`].
    ///
    /// # Errors
    ///
    /// Fails if no answer came in time, or if none can come.
    fn result(&self) -> impl Future<Output = Result<Answer<Self::Message, Self::Rejection>, ResultError>>;

    /// Returns a stream of the answers; see [`SenderRunner::results`].
    fn results(&self) -> Self::Results;

    /// Closes the runner; see [`SenderRunner::close`].
    fn close(&self) -> Self::Close<'_>;

    /// Closes the runner, and aborts it after a time; see [`SenderRunner::close_with_timeout`].
    fn close_with_timeout(&self, timeout: Duration) -> impl Future<Output = Self::Unsent>;

    /// Stops the runner at once; see [`SenderRunner::abort`].
    fn abort(&self) -> impl Future<Output = Self::Unsent>;

    /// Waits for the end of the worker; see [`SenderRunner::task`].
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
