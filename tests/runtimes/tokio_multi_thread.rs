//! tokio's multi-threaded runtime, from inside.

use telegram_sender::runner::Exit;
use telegram_sender::{NoAnswer, SendError, SenderRunner, Tokio};
use tokio::runtime::{Builder, Runtime};

use crate::sender::{Scripted, hang};

pub(crate) struct Env;

impl Env {
    pub(crate) fn timer(&self) -> Tokio {
        Tokio
    }

    pub(crate) fn spawner(&self) -> Tokio {
        Tokio
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    runtime().block_on(test(Env));
}

suite!(everywhere, across_threads);

#[test]
fn the_task_ends_with_the_exit_and_its_abort_drops_the_worker() {
    run(async |env| {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(env.timer());
        let (runner, task) = prepared.start_with_task(env.spawner()).await.unwrap();
        runner.close().await;
        assert_eq!(task.await.unwrap(), Ok(Exit::Drained));

        let (sender, sends) = Scripted::new();
        let prepared = SenderRunner::builder(sender).prepare(env.timer());
        let (runner, task) = prepared.start_with_task(env.spawner()).await.unwrap();
        let ticket = runner.request(hang(1)).await.unwrap();
        sends.next().await;
        task.abort();
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(runner.task().await, Exit::Dropped);
    });
}

#[test]
fn a_runtime_that_shuts_down_leaves_no_ticket_waiting() {
    let runtime = runtime();
    let (runner, ticket) = runtime.block_on(async {
        let (sender, sends) = Scripted::new();
        let runner = SenderRunner::builder(sender).prepare(Tokio).start(Tokio).await.unwrap();
        let ticket = runner.request(hang(1)).await.unwrap();
        sends.next().await;
        (runner, ticket)
    });
    drop(runtime);
    assert_eq!(futures::executor::block_on(ticket), Err(SendError::NoAnswer(NoAnswer::Interrupted)));
    assert_eq!(futures::executor::block_on(runner.close()), Exit::Dropped);
}
