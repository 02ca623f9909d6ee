//! The smol backend: a timer, and spawners for the global executor, `smol::Executor` and `smol::LocalExecutor`.

use core::future::Future;
use core::time::Duration;

use ::futures::future::FutureExt;
use ::smol::{Executor, LocalExecutor, Task};

use super::{Instant, Spawner, Timer, epoch};

/// The smol runtime: its timer, and its global executor as a spawner.
///
/// To run on an executor of your own, prepare with `Smol` for the time and start on the executor:
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo(std::rc::Rc<u32>);
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r + *self.0)) }
/// # }
/// let local = smol::LocalExecutor::new();
/// smol::block_on(local.run(async {
///     // `Echo` holds an `Rc`: it runs on a local executor, and would not compile on the global one.
///     let runner = SenderRunner::builder(Echo(1.into())).prepare(Smol).start(&local).await.unwrap();
///     assert_eq!(runner.request(41).await.unwrap().await, Ok(42));
/// }));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Smol;

impl Timer for Smol {
    fn now(&self) -> Instant {
        Instant::EPOCH + epoch().elapsed()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        ::smol::Timer::after(duration).map(drop)
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        // A deadline that the system's clock cannot represent never comes.
        let at = epoch().checked_add(Duration::from_nanos(deadline.as_nanos()));
        at.map_or_else(::smol::Timer::never, ::smol::Timer::at).map(drop)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Spawner<F> for Smol {
    type Task = Task<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        ::smol::spawn(future)
    }

    fn detach(task: Self::Task) {
        task.detach();
    }
}

impl<'executor, F: Future<Output: Send + 'executor> + Send + 'executor> Spawner<F> for &Executor<'executor> {
    type Task = Task<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        Executor::spawn(self, future)
    }

    fn detach(task: Self::Task) {
        task.detach();
    }
}

impl<'executor, F: Future<Output: 'executor> + 'executor> Spawner<F> for &LocalExecutor<'executor> {
    type Task = Task<F::Output>;

    fn spawn(self, future: F) -> Self::Task {
        LocalExecutor::spawn(self, future)
    }

    fn detach(task: Self::Task) {
        task.detach();
    }
}
