//! The runtime seam: [`Spawner`] and [`Timer`], with the backends that features choose. No strategy and no
//! storage names a runtime; they see these traits.

mod instant;
#[cfg(feature = "smol")]
mod smol;

use core::future::Future;
use core::time::Duration;

pub use instant::Instant;

#[cfg(feature = "smol")]
pub use self::smol::Smol;

/// Tells the time and sleeps.
///
/// A timer is a handle: cloning it is cheap, and clones agree on the time.
pub trait Timer: Clone {
    /// The present time. It never goes back.
    fn now(&self) -> Instant;

    /// Completes once `duration` has passed since the first poll or the call, never much earlier.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()>;
}

/// Completes at `deadline`, at once if that has passed, and never before it, however roughly `timer` sleeps.
pub(crate) async fn sleep_until<T: Timer>(timer: &T, deadline: Instant) {
    loop {
        let left = deadline.saturating_duration_since(timer.now());
        if left.is_zero() {
            return;
        }
        timer.sleep(left).await;
    }
}

/// Runs a future of type `F` in the background.
///
/// Generic over the future, as hyper's `Executor<Fut>` is: a spawner for threads implements it for `F: Send`,
/// a local one for any `F`. Whether a runner can start on a spawner then follows from its sender, with no
/// annotation anywhere.
///
/// ```
/// use telegram_sender::Spawner;
///
/// struct NewThread;
///
/// impl<F: Future<Output: Send> + Send + 'static> Spawner<F> for NewThread {
///     type Task = std::thread::JoinHandle<F::Output>;
///
///     fn spawn(&self, future: F) -> Self::Task {
///         std::thread::spawn(|| smol::block_on(future))
///     }
/// }
/// # assert_eq!(NewThread.spawn(async { 1 }).join().unwrap(), 1);
/// ```
pub trait Spawner<F: Future> {
    /// The runtime's own handle of the spawned task.
    type Task;

    /// Spawns `future`.
    fn spawn(&self, future: F) -> Self::Task;

    /// Lets `task` run on without its handle. The default drops the handle; a runtime whose tasks end with
    /// their handle (as smol's do) overrides it.
    fn detach(task: Self::Task) {
        drop(task);
    }
}

impl<F: Future, Sp: Spawner<F> + ?Sized> Spawner<F> for &Sp {
    type Task = Sp::Task;

    fn spawn(&self, future: F) -> Self::Task {
        (**self).spawn(future)
    }

    fn detach(task: Self::Task) {
        Sp::detach(task);
    }
}
