//! The handle that callers hold, and the trait that it is.

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

/// The handle of a runner: enqueues requests, reads results, closes.
///
/// Clones share the runner. When the last one is dropped, the worker sends what is queued, closes the sender and ends, as
/// after [`close`](Self::close).
///
/// # When the program ends
///
/// The worker is a task of an executor, and runs only as long as that does. A handle that is dropped waits for nothing: if
/// `main` returns right after, the executor stops, and what was queued is not sent. Await [`close`](Self::close) before that,
/// or [`task`](Self::task) if others hold handles, or each request's [`Ticket`].
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

/// What the builder says about handles.
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

    /// Enqueues `request` and gives its ticket. Waits only where a bounded queue is full.
    ///
    /// Requests of one caller are sent in the order in which they were enqueued.
    ///
    /// # Errors
    ///
    /// [`RequestError::Closing`] with the request, once the runner is closing.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has enqueued nothing; the request is dropped with it.
    ///
    /// # Panics
    ///
    /// Polled again after it was ready, it panics.
    pub fn request(&self, request: S::Request) -> Enqueue<'_, S, T, Q> {
        Enqueue::new(self, request)
    }

    /// Enqueues `request` and gives its ticket, without waiting.
    ///
    /// # Errors
    ///
    /// [`RequestError::Full`] or [`RequestError::Closing`], with the request.
    pub fn try_request(&self, request: S::Request) -> Result<Ticket<S, Q>, RequestError<S::Request>> {
        let mut request = Some(request);
        self.enqueue(&mut request).map_err(|refused| give_back(refused, &mut request))
    }

    /// Sends all `requests` of a stream, and gives their outcomes as a stream, in the same order. It takes requests
    /// from the stream only as the queue has room for them and their outcomes are taken:
    /// [`max_outstanding`](SendAll::max_outstanding) says how far ahead it goes.
    ///
    /// Other callers' requests may come between.
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

    /// The time, if waits in the queue are measured. To tell it costs more than all else that a caller does.
    pub(crate) fn queued_at(&self) -> Instant {
        if self.options.measure_waits || trace::wants_waits() { self.timer.now() } else { Instant::NEVER }
    }

    /// The next response, of whichever request. Waits for one second, or as long as the builder's
    /// [`result_timeout`](Builder::result_timeout) says.
    ///
    /// By default responses are kept only while somebody reads: ask the builder to
    /// [keep them always](crate::runner::KeepResults::always) to fetch them later.
    ///
    /// # Errors
    ///
    /// [`ResultError::TimedOut`] if none came in time, [`ResultError::Stopped`] at once if none can come any more.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has taken no response.
    pub async fn result(&self) -> Result<AnswerOf<S>, ResultError> {
        let mut results = self.results();
        match select(results.next(), pin!(self.timer.sleep(self.options.result_timeout.duration()))).await {
            Either::Left((response, _)) => response.ok_or(ResultError::Stopped),
            Either::Right(((), _)) => Err(ResultError::TimedOut),
        }
    }

    /// The responses as they come, a stream. It ends when the runner has stopped and all were taken.
    pub fn results(&self) -> Results<S, Q> {
        Results::new(&self.storage)
    }

    /// How many requests wait in the queue.
    pub fn queued(&self) -> usize {
        self.storage.queued()
    }

    /// What the runner has done so far, and what it has to do. Takes no lock, and holds nobody up.
    pub fn stats(&self) -> Stats {
        self.storage.counters().read(self.storage.queued())
    }

    /// Whether the runner takes no more requests: it is closing or has stopped.
    pub fn is_closing(&self) -> bool {
        self.storage.phase() > Phase::Open
    }

    /// Closes the runner: takes no more requests, sends what is queued, closes the sender, and waits for that.
    ///
    /// Any clone may call it, any number of times; all calls end together.
    ///
    /// A sender or strategy must not await it: it would wait for itself.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the runner is closing. Dropping the future leaves the drain running.
    pub fn close(&self) -> Close<'_, S, T, Q> {
        Close::new(self)
    }

    /// Closes the runner as [`close`](Self::close) does, but aborts it once `timeout` has passed. Returns the
    /// requests that surely did not arrive, as [`abort`](Self::abort) does.
    ///
    /// It waits for the sender's own `close` even beyond the time.
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

    /// Stops the runner at once: drops the send in flight, closes the sender. Returns the requests that surely did not
    /// arrive: those that were never sent, and one whose sends were all rejected or failed before they could arrive. Their
    /// tickets end as [`Aborted`](crate::NoAnswer::Aborted). The ticket of a request in the middle of its send ends as
    /// [`Interrupted`](crate::NoAnswer::Interrupted); it may have arrived, and is not given back.
    ///
    /// Each unsent request is given back once: to whichever caller asks first.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the runner is aborting. The requests stay to be taken by the next call.
    pub async fn abort(&self) -> Q::Unsent {
        self.storage.advance(Phase::Aborting);
        Stopped::new(&self.storage).await;
        self.storage.take_unsent()
    }

    /// The background task: a future of how the worker ends. It does not close the runner, and dropping it does
    /// not stop the worker.
    ///
    /// # Cancel safety
    ///
    /// It may be dropped and asked for again at any time.
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
