//! The runner: [`SenderRunner`] is the handle that callers hold, [`Builder`] makes it, and a [`Ticket`] is the future of one
//! request.
//!
//! [`Results`] streams all answers, as [`KeepResults`] says. [`Exit`] is how the worker ended, and [`Stats`] counts what it did.
//! The trait [`Runner`] is for code that puts something else in the place of a handle.

mod builder;
mod close;
mod enqueue;
mod handle;
#[cfg(feature = "alloc")]
mod send_all;

use core::fmt;
use core::future::Future;
use core::pin::pin;
use core::time::Duration;

use futures::future::{Either, select};
#[cfg(feature = "alloc")]
use futures::stream::Stream;
use futures::stream::StreamExt;

use crate::error::{RequestError, ResultError};
use crate::life::Phase;
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::MessageSender;
use crate::storage::{AnswerOf, Refused, Storage, Unnamed};
use crate::trace;

pub use self::builder::{Builder, IntoWorker, Prepared};
pub use self::close::Close;
use self::close::Stopped;
pub use self::enqueue::Enqueue;
pub(crate) use self::enqueue::give_back;
pub use self::handle::Runner;
#[cfg(feature = "alloc")]
pub use self::send_all::SendAll;
pub use crate::keep_results::{KeepResults, Overflow};
pub use crate::life::Exit;
pub use crate::results::Results;
pub use crate::stats::Stats;
pub use crate::ticket::Ticket;

/// The handle of a runner: enqueues requests, reads results, closes. Clones share the runner.
///
/// ```
/// use std::time::Duration;
/// use telegram_sender::{MessageResponse, MessageSender, RateLimiter, Retry, SenderRunner, Smol};
///
/// /// Prints texts.
/// struct Console;
///
/// impl MessageSender for Console {
///     type Request = String;
///     type Message = usize; // the length of a printed text
///     type Rejection = &'static str; // why a text was not printed
///     type Error = std::io::Error; // why nobody knows
///
///     async fn send_message(&self, text: &String) -> Result<MessageResponse<Self>, std::io::Error> {
///         if text.is_empty() {
///             return Ok(Err("nothing to say"));
///         }
///         println!("{text}");
///         Ok(Ok(text.len()))
///     }
/// }
///
/// /// The type of the handle, for structs and functions that hold it.
/// type Runner = SenderRunner<Console, Smol>;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// smol::block_on(async {
///     let runner: Runner = SenderRunner::builder(Console)
///         .strategy(RateLimiter::new(30, Duration::from_secs(1))?)
///         .strategy(Retry::new(3, Duration::from_millis(10)))
///         .prepare(Smol)
///         .start(Smol)
///         .await?;
///     let greeting = runner.request("hello".to_owned()).await?; // enqueued
///     let silence = runner.request(String::new()).await?;
///     assert_eq!(greeting.await?, 5); // sent
///     assert_eq!(silence.await.unwrap_err().to_string(), "rejected by the service: nothing to say");
///     runner.close().await;
///     Ok(())
/// })
/// # }
/// ```
///
/// # Type parameters
///
/// - `S`: the sender. It decides the types of requests, messages, rejections and errors.
/// - `T`: the timer that [`prepare`](Builder::prepare) was given: [`Smol`](crate::runtime), [`Tokio`](crate::runtime) and so on.
/// - `Q`: the [storage](crate::storage). Left out, it is the default one, on the heap.
///
/// The strategies and the spawner are not in the type. Handle, ticket and results are `Send` and `Sync` if requests, messages,
/// rejections and errors are `Send`; the sender need not be.
///
/// # When the last handle is dropped
///
/// The worker sends what is queued, closes the sender and ends, as after [`close`](Self::close). It is a task of an executor
/// and runs only as long as the executor does, and a dropped handle waits for nothing: if `main` returns right after, what was
/// queued is not sent. Before that, await [`close`](Self::close); or [`task`](Self::task), if others hold handles; or each
/// request's [`Ticket`].
///
/// ```
/// # use telegram_sender::runner::Exit;
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # smol::block_on(async {
/// let runner = SenderRunner::builder(Echo).prepare(Smol).start(Smol).await.unwrap();
/// for number in 0..5 {
///     drop(runner.request(number).await.unwrap()); // nobody awaits the ticket
/// }
/// let task = runner.task();
/// drop(runner); // the last handle: closes the runner, and does not wait
/// assert_eq!(task.await, Exit::Drained); // all five are sent
/// # });
/// ```
#[doc(alias = "ISenderRunner")]
pub struct SenderRunner<S: MessageSender, T, Q: Storage<S> = Unnamed<S>> {
    pub(crate) storage: Q,
    timer: T,
    options: Options,
    /// This handle's own wait, as a service, for room in the queue.
    #[cfg(feature = "tower")]
    pub(crate) room: Q::Wait,
    sender: core::marker::PhantomData<fn() -> S>,
}

/// The options of the builder that handles need.
#[derive(Debug, Clone, Copy)]
struct Options {
    result_timeout: Nanos,
    measure_waits: bool,
}

impl<S: MessageSender, T: Timer, Q: Storage<S>> SenderRunner<S, T, Q> {
    fn new(storage: Q, timer: T, options: Options) -> Self {
        storage.add_handle();
        Self {
            storage,
            timer,
            options,
            #[cfg(feature = "tower")]
            room: Q::Wait::default(),
            sender: core::marker::PhantomData,
        }
    }

    /// Enqueues `request` and returns its ticket. Waits only while a bounded queue is full.
    ///
    /// The requests of one caller are sent in the order in which it enqueued them.
    ///
    /// # Errors
    ///
    /// Returns the request in [`RequestError::Closing`] once the runner is closing.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready has enqueued nothing. The request is dropped with it.
    ///
    /// # Panics
    ///
    /// Panics if it is polled after it was ready.
    pub fn request(&self, request: S::Request) -> Enqueue<'_, S, T, Q> {
        Enqueue::new(self, request)
    }

    /// Enqueues `request` and returns its ticket, without waiting.
    ///
    /// # Errors
    ///
    /// Returns the request in [`RequestError::Full`] or [`RequestError::Closing`].
    pub fn try_request(&self, request: S::Request) -> Result<Ticket<S, Q>, RequestError<S::Request>> {
        let mut request = Some(request);
        self.enqueue(&mut request).map_err(|refused| give_back(refused, &mut request))
    }

    /// Sends all `requests` of a stream, and returns their outcomes as a stream in the same order.
    ///
    /// It takes a request from the stream when the queue has room for it, and stays at most
    /// [`max_outstanding`](SendAll::max_outstanding) requests ahead of the outcomes that were read. The requests of other
    /// callers may come between.
    ///
    /// After a request that the closing runner refused, the stream of outcomes ends. The requests that it did not take are left:
    /// get them with [`into_requests`](SendAll::into_requests).
    ///
    /// ```
    /// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
    /// # struct Echo;
    /// # impl MessageSender for Echo {
    /// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
    /// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
    /// # }
    /// # smol::block_on(async {
    /// use futures::stream::{TryStreamExt, iter};
    ///
    /// let runner = SenderRunner::builder(Echo).queue_capacity(8)?.prepare(Smol).start(Smol).await.unwrap();
    /// let messages: Vec<u32> = runner.send_all(iter(0..100)).try_collect().await.unwrap();
    /// assert!(messages.into_iter().eq(0..100));
    ///
    /// // A runner that is closed refuses the first request; none of them is lost.
    /// # use futures::stream::StreamExt;
    /// runner.close().await;
    /// let mut outcomes = runner.send_all(iter(0..100));
    /// let refused = outcomes.next().await.unwrap().unwrap_err().into_request();
    /// let (taken, rest) = outcomes.into_requests();
    /// assert_eq!(refused.into_iter().chain(taken).chain(rest.collect::<Vec<_>>().await).count(), 100);
    /// # Ok::<(), telegram_sender::error::InvalidArgument>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "alloc")]
    pub fn send_all<St>(&self, requests: St) -> SendAll<S, T, St, Q>
    where
        St: Stream<Item = S::Request>,
    {
        SendAll::new(self.clone(), requests)
    }

    #[inline]
    fn enqueue(&self, request: &mut Option<S::Request>) -> Result<Ticket<S, Q>, Refused> {
        let (id, receiver) = self.storage.try_enqueue(request, self.queued_at())?;
        Ok(Ticket::new(id, receiver))
    }

    /// Returns the time if waits in the queue are measured. Reading the clock costs more than all else that a caller does.
    pub(crate) fn queued_at(&self) -> Instant {
        if self.options.measure_waits || trace::wants_waits() { self.timer.now() } else { Instant::NEVER }
    }

    /// Waits for the next answer, of any request, for one second or the builder's
    /// [`result_timeout`](Builder::result_timeout).
    ///
    /// By default answers are kept only while a consumer exists. To read them later, ask the builder to
    /// [keep them always](crate::runner::KeepResults::always).
    ///
    /// # Errors
    ///
    /// Fails with [`ResultError::TimedOut`] if none came in time, and with [`ResultError::Stopped`] at once if none can come.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready has taken no answer.
    pub async fn result(&self) -> Result<AnswerOf<S>, ResultError> {
        let mut results = self.results();
        match select(results.next(), pin!(self.timer.sleep(self.options.result_timeout.duration()))).await {
            Either::Left((response, _)) => response.ok_or(ResultError::Stopped),
            Either::Right(((), _)) => Err(ResultError::TimedOut),
        }
    }

    /// Returns a stream of the answers as they come. It ends when the runner has stopped and all were read.
    pub fn results(&self) -> Results<S, Q> {
        Results::new(&self.storage)
    }

    /// Returns the number of requests that wait in the queue.
    pub fn queued(&self) -> usize {
        self.storage.queued()
    }

    /// Returns counters of what the runner has done and has to do. Takes no lock.
    pub fn stats(&self) -> Stats {
        self.storage.counters().read(self.storage.queued())
    }

    /// Returns true if the runner refuses requests: it is closing or has stopped.
    pub fn is_closing(&self) -> bool {
        self.storage.phase() > Phase::Open
    }

    /// Closes the runner: refuses new requests, sends what is queued, closes the sender, and waits until that is done. Returns
    /// how the worker ended.
    ///
    /// Any clone may call it, any number of times; all calls end together.
    ///
    /// A sender or a strategy must not await it, because it would wait for itself.
    ///
    /// # Cancel safety
    ///
    /// The runner is closing once the future was polled. Dropping the future leaves the drain running.
    pub fn close(&self) -> Close<'_, S, T, Q> {
        Close::new(self)
    }

    /// Closes the runner as [`close`](Self::close) does, and aborts it once `timeout` has passed. Returns the
    /// requests that surely did not arrive, as [`abort`](Self::abort) does; [`task`](Self::task) then tells a drain from an
    /// abort.
    ///
    /// It waits for the sender's `close` even beyond that time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the drain running, without the time limit.
    pub async fn close_with_timeout(&self, timeout: Duration) -> Q::Unsent {
        self.storage.advance(Phase::Closing);
        let drained = Stopped::new(&self.storage);
        if let Either::Right(((), _)) = select(drained, pin!(self.timer.sleep(timeout))).await {
            return self.abort().await;
        }
        self.storage.take_unsent()
    }

    /// Stops the runner at once: drops the send in flight and closes the sender. Returns the requests that surely did not
    /// arrive.
    ///
    /// These are the requests that were never sent, and one whose sends were all rejected or failed before they could arrive.
    /// Their tickets end as [`Aborted`](crate::NoAnswer::Aborted). A request in the middle of its send may have arrived: its
    /// ticket ends as [`Interrupted`](crate::NoAnswer::Interrupted), and it is not returned. Each request is returned once, to
    /// the caller that asks first. On the heap they come in a `Vec`.
    ///
    /// # Cancel safety
    ///
    /// The runner is aborting once the future was polled. If it is dropped, the next call returns the requests.
    pub async fn abort(&self) -> Q::Unsent {
        self.storage.advance(Phase::Aborting);
        Stopped::new(&self.storage).await;
        self.storage.take_unsent()
    }

    /// Returns a future that waits for the worker's end. It neither closes the runner nor, when it is dropped, stops the
    /// worker.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped, and requested again, at any time.
    pub fn task(&self) -> impl Future<Output = Exit> + use<S, T, Q> {
        let storage = self.storage.clone();
        async move { Stopped::new(&storage).await }
    }
}

impl<S: MessageSender, T: Timer, Q: Storage<S>> Clone for SenderRunner<S, T, Q> {
    fn clone(&self) -> Self {
        Self::new(self.storage.clone(), self.timer.clone(), self.options)
    }
}

impl<S: MessageSender, T, Q: Storage<S>> Drop for SenderRunner<S, T, Q> {
    fn drop(&mut self) {
        self.storage.remove_handle();
    }
}

impl<S: MessageSender, T, Q: Storage<S>> fmt::Debug for SenderRunner<S, T, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SenderRunner")
            .field("phase", &self.storage.phase())
            .field("queued", &self.storage.queued())
            .finish_non_exhaustive()
    }
}
