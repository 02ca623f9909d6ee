//! smol's global executor: its threads run the worker.

use futures::future::FutureExt;
use telegram_sender::runner::Exit;
use telegram_sender::{NoAnswer, SendError, SenderRunner, Smol};

use crate::sender::{Scripted, hang};

pub(crate) struct Env;

impl Env {
    pub(crate) fn timer(&self) -> Smol {
        Smol
    }

    pub(crate) fn spawner(&self) -> Smol {
        Smol
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    smol::block_on(test(Env));
}

suite!(everywhere, across_threads);

#[test]
fn the_task_ends_with_the_exit_and_cancels_the_worker_when_dropped() {
    run(async |env| {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(env.timer());
        let (runner, task) = prepared.start_with_task(env.spawner()).await.unwrap();
        runner.close().await;
        assert_eq!(task.await, Ok(Exit::Drained));

        let (sender, sends) = Scripted::new();
        let prepared = SenderRunner::builder(sender).prepare(env.timer());
        let (runner, task) = prepared.start_with_task(env.spawner()).await.unwrap();
        let ticket = runner.request(hang(1)).await.unwrap();
        sends.next().await;
        drop(task);
        assert_eq!(runner.task().await, Exit::Dropped);
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(runner.close().now_or_never(), Some(Exit::Dropped));
    });
}
