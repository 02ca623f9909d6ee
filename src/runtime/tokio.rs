//! The tokio backend: a timer, and spawners for the current runtime, a `Handle`, a `Runtime` and a `LocalSet`.

use core::future::Future;
use core::time::Duration;

use ::tokio::runtime::{Handle, Runtime};
use ::tokio::task::{JoinHandle, LocalSet, spawn_local};
use ::tokio::time;

use super::{Instant, Spawner, Timer, epoch};

/// The tokio runtime that the caller runs in, as a timer and as a spawner.
///
/// It works inside `#[tokio::main]`, `#[tokio::test]`, `Runtime::block_on` and tokio's tasks. Elsewhere, or to
/// name a runtime, pass its [`Handle`] instead: as the timer and, by reference, as the spawner. For senders that
/// are not `Send`, start on a `&LocalSet`, or inside one on [`TokioLocal`].
///
/// In a runtime whose time is paused, a runner uses the paused time.
///
/// # Panics
///
/// Panics outside of a tokio runtime, as tokio's own functions do. The runtime needs its time enabled
/// (`enable_time`).
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Tokio};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let runner = SenderRunner::builder(Echo).prepare(Tokio).start(Tokio).await.unwrap();
/// assert_eq!(runner.request(42).await.unwrap().await, Ok(42));
/// # });
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Tokio;

/// The `LocalSet` that the caller runs in, as a spawner for futures that are not `Send`.
///
/// # Panics
///
/// Panics outside of a `LocalSet`, as `tokio::task::spawn_local` does.
///
/// ```
/// # use telegram_sender::runtime::TokioLocal;
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Tokio};
/// # struct Echo(std::rc::Rc<u32>);
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r + *self.0)) }
/// # }
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// let local = tokio::task::LocalSet::new();
/// local.block_on(&runtime, async {
///     let runner = SenderRunner::builder(Echo(1.into())).prepare(Tokio).start(TokioLocal).await.unwrap();
///     assert_eq!(runner.request(41).await.unwrap().await, Ok(42));
/// });
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioLocal;

/// The program's epoch. It is not zero, because a runtime with paused time may lag behind the epoch.
const MIDDLE: u64 = 1 << 62;

impl Timer for Tokio {
    fn now(&self) -> Instant {
        let now = time::Instant::now().into_std();
        match now.checked_duration_since(epoch()) {
            Some(after) => Instant::from_nanos(MIDDLE) + after,
            None => Instant::from_nanos(MIDDLE - nanos(epoch() - now)),
        }
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        time::sleep(duration)
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        let middle = Instant::from_nanos(MIDDLE);
        let before = middle.saturating_duration_since(deadline);
        let Some(epoch) = epoch().checked_sub(before) else { return time::sleep(Duration::ZERO) };
        // A deadline that the system's clock cannot represent never comes.
        match epoch.checked_add(deadline.saturating_duration_since(middle)) {
            Some(at) => time::sleep_until(at.into()),
            None => time::sleep(Duration::MAX),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(MIDDLE)
}

// tokio's sleep belongs to the runtime in which it is created, wherever it is awaited.
impl Timer for Handle {
    fn now(&self) -> Instant {
        let _inside = self.enter();
        Tokio.now()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let _inside = self.enter();
        Tokio.sleep(duration)
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        let _inside = self.enter();
        Tokio.sleep_until(deadline)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Spawner<F> for Tokio {
    type Task = JoinHandle<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        ::tokio::spawn(future)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Spawner<F> for &Handle {
    type Task = JoinHandle<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        Handle::spawn(self, future)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Spawner<F> for &Runtime {
    type Task = JoinHandle<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        Runtime::spawn(self, future)
    }
}

impl<F: Future<Output: 'static> + 'static> Spawner<F> for &LocalSet {
    type Task = JoinHandle<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        self.spawn_local(future)
    }
}

impl<F: Future<Output: 'static> + 'static> Spawner<F> for TokioLocal {
    type Task = JoinHandle<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        spawn_local(future)
    }
}
