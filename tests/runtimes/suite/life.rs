//! A worker's life: opened, started, counted, ended or dropped.

use futures::future::{self, join};
use telegram_sender::runner::Exit;
use telegram_sender::runtime::spawn_fn;
use telegram_sender::{NoAnswer, SendError, SenderRunner};

use super::{Backend, spawn, start};
use crate::sender::{Failed, Scripted, accept, fail, gated, hang, reject};

pub(crate) fn the_sender_is_opened_once_and_closed_once(on: Backend) {
    on.run(async |env| {
        let (sender, _) = Scripted::new();
        let prepared = SenderRunner::builder(sender.clone()).prepare(env.timer());
        assert_eq!(sender.uses(), (0, 0));
        let runner = prepared.start(env.spawner()).await.unwrap();
        assert_eq!(runner.request(accept(1)).await.unwrap().await, Ok(1));
        assert_eq!(sender.uses(), (1, 0));
        runner.close().await;
        runner.abort().await;
        assert_eq!(sender.uses(), (1, 1));
    });
}

pub(crate) fn a_sender_that_does_not_open_is_no_runner(on: Backend) {
    on.run(async |env| {
        let sender = Scripted::that_fails_to_open();
        let started = SenderRunner::builder(sender.clone()).prepare(env.timer()).start(env.spawner()).await;
        assert_eq!(started.unwrap_err(), Failed(0));
        assert_eq!(sender.uses(), (1, 0));
    });
}

pub(crate) fn the_worker_needs_no_spawner(on: Backend) {
    on.run(async |env| {
        let (sender, _) = Scripted::new();
        let (runner, worker) = SenderRunner::builder(sender).prepare(env.timer()).run();
        let requests = async {
            assert_eq!(runner.request(accept(1)).await.unwrap().await, Ok(1));
            runner.close().await
        };
        assert_eq!(join(worker, requests).await, (Ok(Exit::Drained), Exit::Drained));
    });
}

pub(crate) fn the_task_tells_how_the_worker_ended(on: Backend) {
    on.run(async |env| {
        let (closed, _) = start(&env).await;
        let (aborted, _) = start(&env).await;
        let tasks = spawn(env.spawner(), join(closed.task(), aborted.task()));
        closed.close().await;
        aborted.abort().await;
        assert_eq!(tasks.await, (Exit::Drained, Exit::Aborted));
    });
}

pub(crate) fn a_worker_that_is_dropped_leaves_no_ticket_waiting(on: Backend) {
    on.run(async |env| {
        let (sender, sends) = Scripted::new();
        let prepared = SenderRunner::builder(sender.clone()).prepare(env.timer());
        let on_the_backend = |worker| spawn(env.spawner(), worker);
        let (runner, worker) = prepared.start_with_task(spawn_fn(on_the_backend)).await.unwrap();
        let tickets = [runner.request(hang(1)).await.unwrap(), runner.request(accept(2)).await.unwrap()];
        assert_eq!(sends.next().await, 1);
        drop(worker);
        let ends = [NoAnswer::Interrupted, NoAnswer::Stopped].map(|why| Err(SendError::NoAnswer(why)));
        assert_eq!(future::join_all(tickets).await, ends);
        assert_eq!(runner.close().await, Exit::Dropped);
        assert_eq!(sender.uses(), (1, 0), "no code of ours could run any more");
    });
}

pub(crate) fn what_a_runner_did_is_counted(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let (held, gate) = gated(1);
        drop(runner.request(held).await.unwrap());
        let cancelled = runner.request(accept(2)).await.unwrap().cancel_on_drop();
        for request in [accept(3), reject(4), fail(5)] {
            drop(runner.request(request).await.unwrap());
        }
        assert_eq!(sends.next().await, 1);
        let stats = runner.stats();
        assert_eq!((stats.in_flight, stats.queued, stats.sent), (1, 4, 0));
        drop(cancelled);
        drop(gate);
        runner.close().await;
        let stats = runner.stats();
        assert_eq!((stats.in_flight, stats.queued, stats.sent), (0, 0, 2));
        assert_eq!((stats.rejected, stats.failed, stats.cancelled), (1, 1, 1));
    });
}
