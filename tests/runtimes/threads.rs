//! A closure as the spawner: each worker has a thread of its own.

use std::future::Future;
use std::thread::{self, JoinHandle};

use futures::executor::block_on;
use telegram_sender::SenderRunner;
use telegram_sender::runner::Exit;
use telegram_sender::runtime::{Spawner, spawn_fn};

use crate::own_timer::OwnTimer;
use crate::sender::{Scripted, accept};

pub(crate) struct Env;

impl Env {
    pub(crate) fn timer(&self) -> OwnTimer {
        OwnTimer
    }

    pub(crate) fn spawner<F: Future<Output: Send> + Send + 'static>(
        &self,
    ) -> impl Spawner<F, Task = JoinHandle<F::Output>> + use<F> {
        spawn_fn(|future: F| thread::spawn(|| block_on(future)))
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    block_on(test(Env));
}

suite!(everywhere, across_threads);

#[test]
fn the_thread_ends_with_the_exit() {
    run(async |env| {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(env.timer());
        let (runner, thread) = prepared.start_with_task(env.spawner()).await.unwrap();
        assert_eq!(runner.request(accept(1)).await.unwrap().await, Ok(1));
        drop(runner);
        assert_eq!(thread.join().unwrap(), Ok(Exit::Drained));
    });
}
