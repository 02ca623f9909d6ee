//! The virtual runtime: all on the test's thread, nothing sleeps for real, and times are exact.

use telegram_sender::runner::Exit;
use telegram_sender::testing::{VirtualRuntime, VirtualTimer};
use telegram_sender::{NoAnswer, SendError, SenderRunner};

use crate::sender::{Scripted, hang};

#[path = "not_send.rs"]
mod not_send;

pub(crate) struct Env(VirtualRuntime);

impl Env {
    pub(crate) fn timer(&self) -> VirtualTimer {
        self.0.timer()
    }

    pub(crate) fn spawner(&self) -> &VirtualRuntime {
        &self.0
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let runtime = VirtualRuntime::new();
    runtime.block_on(test(Env(runtime.clone())));
}

suite!(everywhere, exact_times);

#[test]
fn the_task_ends_with_the_exit_and_its_cancel_drops_the_worker() {
    run(async |env| {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(env.timer());
        let (runner, task) = prepared.start_with_task(env.spawner()).await.unwrap();
        runner.close().await;
        assert_eq!(task.await, Some(Ok(Exit::Drained)));

        let (sender, sends) = Scripted::new();
        let prepared = SenderRunner::builder(sender).prepare(env.timer());
        let (runner, task) = prepared.start_with_task(env.spawner()).await.unwrap();
        let ticket = runner.request(hang(1)).await.unwrap();
        sends.next().await;
        task.cancel();
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(runner.task().await, Exit::Dropped);
    });
}
