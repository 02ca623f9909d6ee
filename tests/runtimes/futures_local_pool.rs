//! The `futures` crate's local pool with the tests' own timer, all on the test's thread.

use futures::executor::{LocalPool, LocalSpawner, block_on};
use telegram_sender::runner::Exit;
use telegram_sender::runtime::FuturesLocalSpawner;
use telegram_sender::{NoAnswer, SendError, SenderRunner};

use crate::own_timer::OwnTimer;
use crate::sender::{Scripted, accept, hang};

#[path = "not_send.rs"]
mod not_send;

pub(crate) struct Env(LocalSpawner);

impl Env {
    pub(crate) fn timer(&self) -> OwnTimer {
        OwnTimer
    }

    pub(crate) fn spawner(&self) -> FuturesLocalSpawner<&LocalSpawner> {
        FuturesLocalSpawner(&self.0)
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    pool.run_until(test(Env(spawner)));
}

suite!(everywhere, across_threads);

#[test]
fn a_pool_that_is_dropped_leaves_no_ticket_waiting() {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let (sender, sends) = Scripted::new();
    let (runner, ticket) = pool.run_until(async {
        let prepared = SenderRunner::builder(sender).prepare(OwnTimer);
        let runner = prepared.start(FuturesLocalSpawner(spawner)).await.unwrap();
        let ticket = runner.request(hang(1)).await.unwrap();
        sends.next().await;
        (runner, ticket)
    });
    drop(pool);
    assert_eq!(block_on(ticket), Err(SendError::NoAnswer(NoAnswer::Interrupted)));
    assert_eq!(block_on(runner.close()), Exit::Dropped);
}

#[test]
fn on_a_pool_that_is_gone_a_runner_is_stopped_from_its_start() {
    let spawner = LocalPool::new().spawner();
    let prepared = SenderRunner::builder(Scripted::new().0).prepare(OwnTimer);
    let (runner, task) = block_on(prepared.start_with_task(FuturesLocalSpawner(spawner))).unwrap();
    assert!(task.unwrap_err().is_shutdown());
    assert!(block_on(runner.request(accept(1))).is_err());
    assert_eq!(block_on(runner.task()), Exit::Dropped);
}
