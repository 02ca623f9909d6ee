//! The behaviours that a runner has on every backend.
//!
//! The suite is compiled once: it sees a backend's timer and spawner through pointers. The backend itself is the real one.

pub(crate) mod across_threads;
pub(crate) mod closing;
pub(crate) mod exact_times;
pub(crate) mod life;
pub(crate) mod order;
pub(crate) mod queue;
pub(crate) mod results;
pub(crate) mod strategies;
pub(crate) mod tickets;
pub(crate) mod time;

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, LocalBoxFuture, RemoteHandle};
use telegram_sender::SenderRunner;
use telegram_sender::runtime::{Instant, Spawner, Timer};

use crate::sender::{Scripted, Sends};

type Runner = SenderRunner<Arc<Scripted>, AnyTimer>;

/// A test, as a backend runs it.
pub(crate) type Test = Box<dyn FnOnce(Env) -> LocalBoxFuture<'static, ()>>;

/// Runs tests on one backend.
#[derive(Clone, Copy)]
pub(crate) struct Backend(pub(crate) fn(Test));

impl Backend {
    fn run(self, test: impl AsyncFnOnce(Env) + 'static) {
        self.0(Box::new(|env| async move { test(env).await }.boxed_local()));
    }
}

/// A backend's timer and spawner.
pub(crate) struct Env {
    pub(crate) timer: AnyTimer,
    pub(crate) spawner: AnySpawner,
}

impl Env {
    fn timer(&self) -> AnyTimer {
        self.timer.clone()
    }

    fn spawner(&self) -> AnySpawner {
        self.spawner.clone()
    }
}

/// A timer of any type. Made by `any_timer!`.
#[derive(Clone)]
pub(crate) struct AnyTimer {
    pub(crate) now: Arc<dyn Fn() -> Instant + Send + Sync>,
    pub(crate) sleep: Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>,
    pub(crate) sleep_until: Arc<dyn Fn(Instant) -> BoxFuture<'static, ()> + Send + Sync>,
}

impl Timer for AnyTimer {
    fn now(&self) -> Instant {
        (self.now)()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        (self.sleep)(duration)
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        (self.sleep_until)(deadline)
    }
}

/// A spawner of any type.
#[derive(Clone)]
pub(crate) struct AnySpawner(pub(crate) Rc<dyn Fn(BoxFuture<'static, ()>)>);

impl<F: Future + Send + 'static> Spawner<F> for AnySpawner {
    type Task = ();

    fn spawn(self, future: F) {
        (self.0)(future.map(drop).boxed());
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Starts a runner without strategies.
async fn start(env: &Env) -> (Runner, Sends) {
    let (sender, sends) = Scripted::new();
    (SenderRunner::builder(sender).prepare(env.timer()).start(env.spawner()).await.unwrap(), sends)
}

/// Spawns any future on the backend. Returns a future of its output.
fn spawn<F: Future<Output: Send> + Send + 'static>(
    spawner: AnySpawner,
    future: F,
) -> RemoteHandle<F::Output> {
    let (remote, output) = future.remote_handle();
    spawner.spawn(remote);
    output
}
