//! Spawners on executors that implement the traits of the `futures` crate.

use alloc::boxed::Box;
use core::future::Future;

use ::futures::future::{FutureExt, FutureObj, LocalFutureObj};
use ::futures::task::{LocalSpawn, Spawn, SpawnError};

use super::Spawner;

/// A spawner on anything that implements [`futures::task::Spawn`](https://docs.rs/futures/latest/futures/task/trait.Spawn.html): a thread pool, a custom executor, or a
/// reference to one.
///
/// On an executor that has shut down, the runner is stopped from its start, and its
/// [task](crate::runner::Prepared::start_with_task) is an `Err`.
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner};
/// # use telegram_sender::testing::VirtualTimer;
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # let timer = VirtualTimer::default();
/// use telegram_sender::runtime::FuturesSpawner;
///
/// let pool = futures::executor::ThreadPool::new()?;
/// futures::executor::block_on(async {
///     let runner = SenderRunner::builder(Echo).prepare(timer).start(FuturesSpawner(&pool)).await.unwrap();
///     assert_eq!(runner.request(42).await.unwrap().await, Ok(42));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FuturesSpawner<E>(pub E);

/// A spawner on anything that implements [`futures::task::LocalSpawn`](https://docs.rs/futures/latest/futures/task/trait.LocalSpawn.html), for futures that are not
/// `Send`.
///
/// Otherwise it behaves like [`FuturesSpawner`].
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner};
/// # use telegram_sender::testing::VirtualTimer;
/// # struct Echo(std::rc::Rc<u32>);
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r + *self.0)) }
/// # }
/// # let timer = VirtualTimer::default();
/// use telegram_sender::runtime::FuturesLocalSpawner;
///
/// let mut pool = futures::executor::LocalPool::new();
/// let spawner = FuturesLocalSpawner(pool.spawner());
/// pool.run_until(async {
///     let runner = SenderRunner::builder(Echo(1.into())).prepare(timer).start(spawner).await.unwrap();
///     assert_eq!(runner.request(41).await.unwrap().await, Ok(42));
/// });
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FuturesLocalSpawner<E>(pub E);

impl<F: Future + Send + 'static, E: Spawn> Spawner<F> for FuturesSpawner<E> {
    type Task = Result<(), SpawnError>;

    fn spawn(self, future: F) -> Self::Task {
        self.0.spawn_obj(FutureObj::new(Box::new(future.map(drop))))
    }
}

impl<F: Future + 'static, E: LocalSpawn> Spawner<F> for FuturesLocalSpawner<E> {
    type Task = Result<(), SpawnError>;

    fn spawn(self, future: F) -> Self::Task {
        self.0.spawn_local_obj(LocalFutureObj::new(Box::new(future.map(drop))))
    }
}
