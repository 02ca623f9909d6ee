//! The request queue: its bound, and requests that are re-queued.

use std::pin::pin;

use futures::{StreamExt, poll};
use telegram_sender::runner::Exit;
use telegram_sender::{RequestError, Requeue, SenderRunner};

use super::{Backend, Env, Runner};
use crate::sender::{Gate, Scripted, Sends, accept, gated};

/// Starts a runner with one request in flight, which `Gate` holds, and one in its queue, which is full.
async fn full(env: &Env) -> (Runner, Sends, Gate) {
    let (sender, sends) = Scripted::new();
    let builder = SenderRunner::builder(sender).queue_capacity(1).unwrap();
    let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
    let (held, gate) = gated(1);
    drop(runner.request(held).await.unwrap());
    assert_eq!(sends.next().await, 1);
    drop(runner.try_request(accept(2)).unwrap());
    (runner, sends, gate)
}

pub(crate) fn a_full_queue_refuses_or_lets_wait(on: Backend) {
    on.run(async |env| {
        let (runner, sends, gate) = full(&env).await;
        let Err(RequestError::Full(refused)) = runner.try_request(accept(3)) else { panic!("taken") };
        let mut waits = pin!(runner.request(refused));
        assert!(poll!(&mut waits).is_pending());
        drop(gate);
        assert_eq!(waits.await.unwrap().await, Ok(3));
        assert_eq!(sends.rest(), [2, 3]);
    });
}

pub(crate) fn who_waits_for_room_gets_the_request_back_on_close(on: Backend) {
    on.run(async |env| {
        let (runner, sends, gate) = full(&env).await;
        let mut waits = pin!(runner.request(accept(3)));
        assert!(poll!(&mut waits).is_pending());
        let mut close = pin!(runner.close());
        assert!(poll!(&mut close).is_pending());
        let Err(RequestError::Closing(refused)) = waits.await else { panic!("taken") };
        assert_eq!(refused.id, 3);
        drop(gate);
        assert_eq!((close.await, sends.rest()), (Exit::Drained, vec![2]));
    });
}

pub(crate) fn a_request_goes_round_as_often_as_asked(on: Backend) {
    on.run(async |env| {
        let (sender, sends) = Scripted::new();
        let builder = SenderRunner::builder(sender).strategy(Requeue::cycles_per_request(2));
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        let results = runner.results();
        let tickets = [runner.request(accept(1)).await.unwrap(), runner.request(accept(2)).await.unwrap()];
        let answers: Vec<_> = results.take(6).collect().await;
        for ticket in tickets {
            let (id, mut cycles) = (ticket.id(), Vec::new());
            ticket.await.unwrap();
            cycles.extend(answers.iter().filter(|answer| answer.id == id).map(|answer| answer.cycle));
            assert_eq!(cycles, [0, 1, 2]);
        }
        runner.close().await;
        assert_eq!((sends.rest().len(), runner.stats().requeued), (6, 4));
    });
}
