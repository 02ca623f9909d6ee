//! Where a runner runs: a [`Timer`] for its waits, and a [`Spawner`] for its worker.
//!
//! `Smol`, `Tokio` and `Embassy` implement them, each with the
//! feature of its name. [`spawn_fn`] makes a spawner of any closure, and a timer is a trait of two methods. No strategy and no
//! storage names a runtime.

#[cfg(feature = "embassy")]
mod embassy;
#[cfg(feature = "alloc")]
mod futures;
mod instant;
mod nanos;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;

use core::future::Future;
use core::time::Duration;

pub use instant::Instant;
pub(crate) use nanos::Nanos;

#[cfg(feature = "embassy")]
pub use self::embassy::Embassy;
#[cfg(feature = "alloc")]
pub use self::futures::{FuturesLocalSpawner, FuturesSpawner};
#[cfg(feature = "smol")]
pub use self::smol::Smol;
#[cfg(feature = "tokio")]
pub use self::tokio::{Tokio, TokioLocal};

/// Returns the time of the first call, from which a program's timers count.
#[cfg(any(feature = "smol", feature = "tokio"))]
fn epoch() -> std::time::Instant {
    static EPOCH: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    *EPOCH.get_or_init(std::time::Instant::now)
}

/// Measures time and sleeps.
///
/// A timer is a handle: cloning it is cheap, and clones agree on the time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a timer",
    label = "not a timer",
    note = "the timers of this crate are `Smol`, `Tokio` and `Embassy`, each with the feature of its name"
)]
pub trait Timer: Clone {
    /// Returns the current time. It never goes back.
    fn now(&self) -> Instant;

    /// Completes once `duration` has passed since the first poll or the call, never much earlier.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()>;

    /// Completes at `deadline`, at once if that has passed, and never before it.
    ///
    /// By default it sleeps repeatedly. A timer that keeps instants itself can do it with less.
    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        async move {
            loop {
                let left = deadline.saturating_duration_since(self.now());
                if left.is_zero() {
                    return;
                }
                self.sleep(left).await;
            }
        }
    }
}

/// Runs a future of type `F` in the background.
///
/// Generic over the future, like hyper's `Executor<Fut>`: a spawner for threads implements it for `F: Send`, a
/// local one for any `F`. The sender's type then decides on which spawners a runner can start, without
/// annotations.
///
/// A spawner is passed by value, because each runner is spawned once. Executors implement the trait for references
/// to them (as collections implement `IntoIterator`). [`spawn_fn`] turns any closure into a spawner.
///
/// ```
/// use telegram_sender::runtime::Spawner;
///
/// struct NewThread;
///
/// impl<F: Future<Output: Send> + Send + 'static> Spawner<F> for NewThread {
///     type Task = std::thread::JoinHandle<F::Output>;
///
///     fn spawn(self, future: F) -> Self::Task {
///         std::thread::spawn(|| smol::block_on(future))
///     }
/// }
/// # assert_eq!(NewThread.spawn(async { 1 }).join().unwrap(), 1);
/// ```
///
/// # Senders that are not `Send`
///
/// A sender that holds an `Rc` cannot start on [`Smol`] or [`Tokio`]: the compiler says that the `Rc`
/// cannot be sent between threads safely. Start such a runner on a spawner of one thread, with the same timer:
///
/// | timer | spawner |
/// | --- | --- |
/// | `Smol` | `&smol::LocalExecutor` |
/// | `Tokio` | `&tokio::task::LocalSet`, or inside of one [`TokioLocal`] |
/// | `Embassy` | `&embassy_executor::Spawner` |
/// | any | [`FuturesLocalSpawner`], or the worker itself: [`run`](crate::runner::Prepared::run) |
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// use std::rc::Rc;
/// use telegram_sender::runtime::TokioLocal;
/// use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Tokio};
///
/// struct OnOneThread(Rc<u32>);
///
/// impl MessageSender for OnOneThread {
///     type Request = u32;
///     type Message = u32;
///     type Rejection = ();
///     type Error = ();
///
///     async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
///         Ok(Ok(request + *self.0))
///     }
/// }
///
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// tokio::task::LocalSet::new().block_on(&runtime, async {
///     let prepared = SenderRunner::builder(OnOneThread(Rc::new(1))).prepare(Tokio);
///     let runner = prepared.start(TokioLocal).await.unwrap(); // `start(Tokio)` does not compile
///     assert_eq!(runner.request(41).await.unwrap().await, Ok(42));
/// });
/// # }
/// ```
pub trait Spawner<F: Future> {
    /// The runtime's own handle of the spawned task.
    type Task;

    /// Spawns `future`.
    fn spawn(self, future: F) -> Self::Task;

    /// Lets `task` run on without its handle. The default drops the handle. A runtime that cancels a task when its
    /// handle is dropped, such as smol, overrides it.
    fn detach(task: Self::Task) {
        drop(task);
    }
}

/// Turns a closure that takes the future into a spawner: for an executor that this crate does not know.
///
/// [`start`](crate::runner::Prepared::start) drops the closure's return value. If that cancels the task, as it
/// does with smol, detach the task in the closure, or keep it with
/// [`start_with_task`](crate::runner::Prepared::start_with_task).
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # smol::block_on(async {
/// use telegram_sender::runtime::spawn_fn;
///
/// let (runner, thread) = SenderRunner::builder(Echo)
///     .prepare(Smol)
///     .start_with_task(spawn_fn(|worker| std::thread::spawn(|| smol::block_on(worker))))
///     .await?;
/// assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
/// drop(runner);
/// thread.join().unwrap()?;
/// # Ok::<(), ()>(())
/// # }).unwrap();
/// ```
pub const fn spawn_fn<C>(spawn: C) -> SpawnFn<C> {
    SpawnFn(spawn)
}

/// A closure as a spawner. Created by [`spawn_fn`].
// `Spawner` is not implemented for every closure: with two possible impls, the compiler would no longer say which
// part of a sender is not `Send`.
#[derive(Debug, Clone, Copy)]
pub struct SpawnFn<C>(C);

impl<F: Future, T, C: FnOnce(F) -> T> Spawner<F> for SpawnFn<C> {
    type Task = T;

    fn spawn(self, future: F) -> T {
        (self.0)(future)
    }
}
