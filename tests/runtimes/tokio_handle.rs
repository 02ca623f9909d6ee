//! A tokio runtime, used through its `Handle`: the test, with the timer and all tickets, is outside of it.

use std::time::Duration;

use telegram_sender::SenderRunner;
use telegram_sender::runner::Exit;
use telegram_sender::runtime::Timer;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::sender::{Scripted, accept};

pub(crate) struct Env(Handle);

impl Env {
    pub(crate) fn timer(&self) -> Handle {
        self.0.clone()
    }

    pub(crate) fn spawner(&self) -> &Handle {
        &self.0
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let runtime = runtime();
    futures::executor::block_on(test(Env(runtime.handle().clone())));
}

suite!(everywhere, across_threads);

#[test]
fn a_runner_starts_on_the_runtime_itself_too() {
    let runtime = runtime();
    futures::executor::block_on(async {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(runtime.handle().clone());
        let runner = prepared.start(&runtime).await.unwrap();
        assert_eq!(runner.request(accept(1)).await.unwrap().await, Ok(1));
        assert_eq!(runner.close().await, Exit::Drained);
    });
}

#[test]
fn a_handle_tells_its_own_runtimes_time_inside_another_one_too() {
    let paused = || Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (own, other) = (paused(), paused());
    let before = own.handle().now();
    other.block_on(async {
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(own.handle().now(), before);
    });
}
