//! How a runner comes to be: built from a sender and strategies, prepared with a timer, started on a spawner.

use core::future::Future;
use core::num::{NonZeroU32, NonZeroUsize};
use core::time::Duration;

use futures::future::TryFutureExt;

use super::{Options, SenderRunner};
use crate::error::InvalidArgument;
use crate::keep_results::KeepResults;
use crate::life::Exit;
use crate::runtime::{Nanos, Spawner, Timer};
use crate::sender::MessageSender;
#[cfg(feature = "alloc")]
use crate::storage::Heap;
use crate::storage::Storage;
use crate::strategy::{CompositeStrategy, Identity, SendStrategy};
use crate::worker::{Handover, Worker};

/// Builds a runner from a sender, strategies and options; made by [`SenderRunner::builder`].
///
/// ```
/// use std::time::Duration;
/// use telegram_sender::runner::{KeepResults, Overflow};
/// # use telegram_sender::{MessageResponse, MessageSender};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = std::convert::Infallible;
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, Self::Error> { Ok(Ok(*r)) }
/// # }
/// use telegram_sender::{RateLimiter, Retry, SenderRunner, Smol, Timeout};
///
/// type Runner = SenderRunner<Echo, Smol>;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # smol::block_on(async {
/// let runner: Runner = SenderRunner::builder(Echo)
///     .strategy(Timeout::new(Duration::from_secs(10))?) // nearest to the sender
///     .strategy(RateLimiter::new(30, Duration::from_secs(1))?)
///     .strategy(Retry::new(3, Duration::from_secs(1)))
///     .queue_capacity(1_000)? // callers wait while a thousand requests are queued
///     .results(KeepResults::always().bounded(100, Overflow::DropOldest)?)
///     .longest_wait(Duration::from_secs(600))
///     .prepare(Smol)
///     .start(Smol)
///     .await?;
/// assert_eq!(runner.request(7).await?.await, Ok(7));
/// # Ok(())
/// # })
/// # }
/// ```
///
/// # Type parameters
///
/// - `S`: the sender.
/// - `A`: the strategies listed so far, a nest of [`CompositeStrategy`]. It is not in the runner's type.
#[must_use = "a builder does nothing until it is prepared and started"]
#[derive(Debug, Clone)]
pub struct Builder<S, A = Identity> {
    sender: S,
    strategy: A,
    capacity: Option<NonZeroUsize>,
    results: KeepResults,
    options: Options,
    yield_every: NonZeroU32,
    longest_wait: Nanos,
}

impl<S: MessageSender> Builder<S> {
    /// Starts to build a runner around `sender`, as [`SenderRunner::builder`] does.
    pub fn new(sender: S) -> Self {
        Self {
            sender,
            strategy: Identity,
            capacity: None,
            results: KeepResults::while_read(),
            options: Options { result_timeout: Nanos::of(Duration::from_secs(1)), measure_waits: false },
            yield_every: const { NonZeroU32::new(512).unwrap() },
            longest_wait: Nanos::of(Duration::MAX),
        }
    }
}

impl<S: MessageSender> SenderRunner<S, ()> {
    /// Starts to build a runner around `sender`.
    pub fn builder(sender: S) -> Builder<S> {
        Builder::new(sender)
    }
}

impl<S: MessageSender, A> Builder<S, A> {
    /// Wraps the strategies listed before in `strategy`. The first strategy listed is nearest to the sender, the reverse of
    /// tower's `ServiceBuilder`.
    pub fn strategy<B>(self, strategy: B) -> Builder<S, CompositeStrategy<A, B>>
    where
        CompositeStrategy<A, B>: SendStrategy<S>,
    {
        Builder {
            strategy: CompositeStrategy::pair(self.strategy, strategy),
            sender: self.sender,
            capacity: self.capacity,
            results: self.results,
            options: self.options,
            yield_every: self.yield_every,
            longest_wait: self.longest_wait,
        }
    }

    /// Bounds the request queue: while `capacity` requests wait, [`SenderRunner::request`] waits for room. Default: no bound.
    ///
    /// Re-queued requests do not count: on the heap there is always room for them, and in a `FixedStorage` they share its
    /// places.
    ///
    /// # Errors
    ///
    /// Fails if `capacity` is zero.
    pub fn queue_capacity(mut self, capacity: usize) -> Result<Self, InvalidArgument> {
        if capacity == 0 {
            return Err(InvalidArgument::new("capacity", "must be at least 1"));
        }
        self.capacity = NonZeroUsize::new(capacity);
        Ok(self)
    }

    /// Chooses which answers are kept for [`SenderRunner::results`]. Default: those that come while a consumer exists.
    pub fn results(mut self, keep: KeepResults) -> Self {
        self.results = keep;
        self
    }

    /// Sets how long [`SenderRunner::result`] waits. Default: one second.
    pub fn result_timeout(mut self, timeout: Duration) -> Self {
        self.options.result_timeout = Nanos::of(timeout);
        self
    }

    /// Measures how long requests wait in the queue, for [`Stats`](crate::runner::Stats), at the cost of reading the clock twice
    /// per request. Default: no. With the feature `tracing` the waits are measured while a subscriber records the spans.
    pub fn measure_waits(mut self, measure: bool) -> Self {
        self.options.measure_waits = measure;
        self
    }

    /// Lets the worker yield to other tasks of its executor after `sends` sends in a row that never waited. Re-sends count, and
    /// so does a request that ends without a send.
    ///
    /// Default: 512, which is about 100 µs of a sender that does nothing. A smaller number costs throughput, because each yield
    /// may wake another thread of the executor. A larger one costs other tasks latency.
    pub fn yield_every(mut self, sends: NonZeroU32) -> Self {
        self.yield_every = sends;
        self
    }

    /// Sets the longest flood wait that the runner serves. Default: as long as the service asks.
    ///
    /// If a rejection asks for a longer one, its request ends with that rejection at once, no [`Retry`](crate::Retry) sends
    /// it again, and no other request is held back. The caller decides when to send again.
    ///
    /// ```
    /// # use telegram_sender::testing::{Reply, ScriptedSender, VirtualRuntime};
    /// use std::time::Duration;
    /// use telegram_sender::{Retry, SendError, SenderRunner};
    ///
    /// # let runtime = VirtualRuntime::new();
    /// # let eleven_hours = Duration::from_secs(40_000);
    /// # let sender = ScriptedSender::new(runtime.timer()).replies_to("a", [Reply::reject(429).retry_after(eleven_hours)]);
    /// # runtime.block_on(async {
    /// let runner = SenderRunner::builder(sender)
    ///     .strategy(Retry::new(3, Duration::from_secs(1)))
    ///     .longest_wait(Duration::from_secs(600))
    ///     .prepare(runtime.timer())
    ///     .start(&runtime)
    ///     .await?;
    /// let (slow, other) = (runner.request("a").await.unwrap(), runner.request("b").await.unwrap());
    /// let Err(SendError::Rejected(rejected)) = slow.await else { panic!() };
    /// assert_eq!(rejected.retry_after, Some(eleven_hours));
    /// assert!(other.await.is_ok()); // at once
    /// # assert_eq!(runtime.timer().elapsed(), Duration::ZERO);
    /// # Ok::<(), telegram_sender::testing::Failed>(())
    /// # }).unwrap();
    /// ```
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = Nanos::of(wait);
        self
    }

    /// Prepares a runner on the heap that uses `timer`. Call [`start`](Prepared::start) to run it.
    ///
    /// [`prepare_in`](Self::prepare_in) chooses another storage.
    #[cfg(feature = "alloc")]
    pub fn prepare<T: Timer>(
        self,
        timer: T,
    ) -> Prepared<S, T, Heap<S>, impl IntoWorker<S, Worker = impl Future<Output = Result<Exit, S::Error>>>>
    where
        A: SendStrategy<S>,
    {
        let (storage, worker_side) = Heap::for_runner(self.capacity, self.results);
        self.prepare_over(storage, worker_side, timer)
    }

    /// Prepares a runner in `storage` that uses `timer`. Call [`start`](Prepared::start) or [`run`](Prepared::run) to run it.
    ///
    /// `storage` is `Lean::new()`, which is faster than the storage of [`prepare`](Self::prepare), or a reference to a
    /// `FixedStorage`, which needs no allocator.
    ///
    /// # Errors
    ///
    /// Fails if the storage serves another runner already, or if it has less room than the builder asks for.
    #[allow(clippy::type_complexity)] // a result of the type that `prepare` returns
    pub fn prepare_in<T: Timer, Q: Storage<S>>(
        self,
        mut storage: Q,
        timer: T,
    ) -> Result<
        Prepared<S, T, Q, impl IntoWorker<S, Worker = impl Future<Output = Result<Exit, S::Error>>>>,
        InvalidArgument,
    >
    where
        A: SendStrategy<S>,
    {
        let worker_side = storage.occupy(self.capacity, self.results)?;
        Ok(self.prepare_over(storage, worker_side, timer))
    }

    fn prepare_over<T: Timer, Q: Storage<S>>(
        self,
        storage: Q,
        worker_side: Q::WorkerSide,
        timer: T,
    ) -> Prepared<S, T, Q, impl IntoWorker<S, Worker = impl Future<Output = Result<Exit, S::Error>>>>
    where
        A: SendStrategy<S>,
    {
        let runner = SenderRunner::new(storage, timer.clone(), self.options);
        let worker = Worker::<S, A, T, Q>::new(self.strategy, timer, worker_side, self.longest_wait);
        let yield_every = self.yield_every;
        Prepared { runner, sender: self.sender, worker: move |handover| worker.run(handover, yield_every) }
    }
}

/// A worker that lacks its sender only. The type of its future is known, so a bound can ask a spawner for it.
///
/// The trait is sealed: its method is not part of the public API.
pub trait IntoWorker<S: MessageSender> {
    /// The worker.
    type Worker: Future<Output = Result<Exit, S::Error>>;

    #[doc(hidden)]
    fn into_worker(self, handover: Handover<S>) -> Self::Worker;
}

impl<S, C, F> IntoWorker<S> for C
where
    S: MessageSender,
    C: FnOnce(Handover<S>) -> F,
    F: Future<Output = Result<Exit, S::Error>>,
{
    type Worker = F;

    fn into_worker(self, handover: Handover<S>) -> F {
        self(handover)
    }
}

/// A runner that is ready to [`start`](Self::start): its handle, its sender, and its worker.
///
/// The worker becomes a future of type `W::Worker`. Because that type has a name, `start` asks for a spawner of this very
/// future, and a runner can move to another thread exactly if its sender can.
///
/// # In generic code
///
/// No bound says that the futures of an unknown sender are `Send`, so a function that is generic over the sender cannot start
/// it on threads by itself. It takes a prepared runner, whose worker has a name:
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// use telegram_sender::runner::{IntoWorker, Prepared};
/// use telegram_sender::runtime::Spawner;
/// use telegram_sender::storage::Heap;
/// use telegram_sender::{MessageSender, SenderRunner, Tokio};
///
/// async fn start<S, W>(prepared: Prepared<S, Tokio, Heap<S>, W>) -> Result<SenderRunner<S, Tokio>, S::Error>
/// where
///     S: MessageSender,
///     W: IntoWorker<S>,
///     Tokio: Spawner<W::Worker>,
/// {
///     prepared.start(Tokio).await
/// }
/// # use telegram_sender::MessageResponse;
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let runner = start(SenderRunner::builder(Echo).prepare(Tokio)).await.unwrap();
/// assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
/// # });
/// # }
/// ```
///
/// If it must choose the options of the builder itself, it takes a closure that prepares the runner:
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// use telegram_sender::runner::{Builder, IntoWorker, Prepared};
/// use telegram_sender::runtime::Spawner;
/// use telegram_sender::storage::Heap;
/// use telegram_sender::{MessageSender, SenderRunner, Tokio};
///
/// async fn start_bounded<S, W>(
///     sender: S,
///     prepare: impl FnOnce(Builder<S>) -> Prepared<S, Tokio, Heap<S>, W>,
/// ) -> Result<SenderRunner<S, Tokio>, S::Error>
/// where
///     S: MessageSender,
///     W: IntoWorker<S>,
///     Tokio: Spawner<W::Worker>,
/// {
///     let builder = SenderRunner::builder(sender).queue_capacity(100).expect("it is not zero");
///     prepare(builder).start(Tokio).await
/// }
/// # use telegram_sender::MessageResponse;
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let runner = start_bounded(Echo, |builder| builder.prepare(Tokio)).await.unwrap();
/// # assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
/// # });
/// # }
/// ```
#[must_use = "a prepared runner does nothing until it is started or run"]
pub struct Prepared<S: MessageSender, T, Q: Storage<S>, W> {
    runner: SenderRunner<S, T, Q>,
    sender: S,
    worker: W,
}

impl<S, T, Q, W> Prepared<S, T, Q, W>
where
    S: MessageSender,
    T: Timer,
    Q: Storage<S>,
    W: IntoWorker<S>,
{
    /// Opens the sender, then spawns the worker, and returns the handle.
    ///
    /// The task is detached: it ends when the runner is closed or all handles are dropped. It does not keep the program
    /// running: before `main` returns, await [`close`](SenderRunner::close) or [`task`](SenderRunner::task).
    ///
    /// # Errors
    ///
    /// Fails with the sender's error if the sender did not open. Nothing was spawned then.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready has spawned nothing and drops the sender.
    pub fn start<Sp: Spawner<W::Worker>>(
        self,
        spawner: Sp,
    ) -> impl Future<Output = Result<SenderRunner<S, T, Q>, S::Error>> {
        self.start_with_task(spawner).map_ok(|(runner, task)| {
            Sp::detach(task);
            runner
        })
    }

    /// Starts the runner as [`start`](Self::start) does, and also returns the spawner's own task.
    ///
    /// Dropping that task may cancel the worker, as it does on smol. A cancelled worker ends all tickets as
    /// [`Stopped`](crate::NoAnswer::Stopped).
    ///
    /// # Errors
    ///
    /// Fails with the sender's error if the sender did not open. Nothing was spawned then.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready has spawned nothing and drops the sender.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold the worker twice")]
    #[expect(clippy::type_complexity, reason = "a pair in a result")]
    pub fn start_with_task<Sp: Spawner<W::Worker>>(
        self,
        spawner: Sp,
    ) -> impl Future<Output = Result<(SenderRunner<S, T, Q>, Sp::Task), S::Error>> {
        async move {
            self.sender.open().await?;
            Ok((self.runner, spawner.spawn(self.worker.into_worker(Handover::Opened(self.sender)))))
        }
    }

    /// Returns the handle and the worker, a future that opens the sender first. Await it, join it, or put it into a task of
    /// your own: no spawner is needed.
    ///
    /// The future ends with the sender's error if the sender did not open. Tickets end as
    /// [`Stopped`](crate::NoAnswer::Stopped) then.
    ///
    /// ```
    /// # use telegram_sender::runner::Exit;
    /// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
    /// # struct Echo;
    /// # impl MessageSender for Echo {
    /// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
    /// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
    /// # }
    /// let (runner, run) = SenderRunner::builder(Echo).prepare(Smol).run();
    /// let main = async {
    ///     assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
    ///     runner.close().await;
    /// };
    /// let (exit, ()) = smol::block_on(smol::future::zip(run, main));
    /// assert_eq!(exit, Ok(Exit::Drained));
    /// ```
    pub fn run(self) -> (SenderRunner<S, T, Q>, W::Worker) {
        (self.runner, self.worker.into_worker(Handover::Closed(self.sender)))
    }
}

impl<S: MessageSender, T, Q: Storage<S>, W> core::fmt::Debug for Prepared<S, T, Q, W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}
