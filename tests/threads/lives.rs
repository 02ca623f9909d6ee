//! A random life of a runner.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use futures::future::{FutureExt, join_all};
use smol::Executor;
use smol::future::yield_now;
use telegram_sender::runner::KeepResults;
use telegram_sender::{RequestError, Retry, SenderRunner, Smol};

use crate::{Life, Lively, Moody, Request, Shared, check};

type Runner<Q> = SenderRunner<Arc<Moody>, Smol, Q>;

pub(crate) async fn live<Q: Shared>(
    seed: u64,
    executor: &Executor<'static>,
    start: impl AsyncFnOnce(Lively) -> Runner<Q>,
) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let sender =
        Arc::new(Moody { dice: Mutex::new(dice.fork()), sent: Mutex::default(), closed: Mutex::default() });
    let life = Arc::new(Mutex::new(Life::default()));
    let mut builder = SenderRunner::builder(sender.clone()).results(KeepResults::always());
    if dice.bool() {
        builder = builder.queue_capacity(dice.usize(1..5)).unwrap();
    }
    let runner = start(builder.strategy(Retry::new(1, Duration::ZERO))).await;

    let producers = dice.usize(1..4);
    let requests = dice.usize(..40);
    let mut tasks = Vec::new();
    for producer in 0..producers {
        let (runner, dice, life) = (runner.clone(), dice.fork(), life.clone());
        tasks.push(executor.spawn(produce(producer, requests, runner, dice, life)));
    }
    for _ in 0..dice.usize(..3) {
        let (results, life) = (runner.results(), life.clone());
        tasks.push(executor.spawn(results.for_each(move |answer| {
            life.lock().unwrap().answers.push(answer);
            futures::future::ready(())
        })));
    }
    let aborted = dice.bool();
    for _ in 0..dice.usize(..3) {
        let (runner, dice, life) = (runner.clone(), dice.fork(), life.clone());
        tasks.push(executor.spawn(end(aborted, runner, dice, life)));
    }
    for _ in 0..dice.usize(..300) {
        yield_now().await;
    }
    runner.close().await;
    join_all(tasks).await;
    let unsent = runner.abort().await;
    let left: Vec<_> = runner.results().collect().await;
    let mut life = std::mem::take(&mut *life.lock().unwrap());
    life.unsent.extend(unsent);
    life.answers.extend(left);
    assert_eq!(*sender.closed.lock().unwrap(), 1, "closed other than once");
    check(&life, &sender.sent.lock().unwrap(), producers * requests);
}

async fn produce<Q: Shared>(
    producer: usize,
    requests: usize,
    runner: Runner<Q>,
    mut dice: fastrand::Rng,
    life: Arc<Mutex<Life>>,
) {
    let mut waiting = Vec::new();
    for number in 0..requests {
        let request = Request { producer, number };
        let enqueued = if dice.bool() { runner.try_request(request) } else { runner.request(request).await };
        match enqueued {
            Ok(ticket) => match dice.u32(..6) {
                0 => {
                    drop(ticket);
                    life.lock().unwrap().ended.push((request, None));
                }
                1 => {
                    for _ in 0..dice.u32(..5) {
                        yield_now().await;
                    }
                    drop(ticket.cancel_on_drop());
                    life.lock().unwrap().ended.push((request, None));
                }
                2 => {
                    let mut ticket = ticket;
                    for _ in 0..dice.u32(..5) {
                        yield_now().await;
                    }
                    ticket.cancel();
                    let end = ticket.await;
                    life.lock().unwrap().ended.push((request, Some(end)));
                }
                3 => {
                    let end = ticket.await;
                    life.lock().unwrap().ended.push((request, Some(end)));
                }
                _ => waiting.push((request, ticket)),
            },
            Err(RequestError::Full(request) | RequestError::Closing(request)) => {
                life.lock().unwrap().refused.push(request);
            }
        }
    }
    // A handle that is held here must not keep other tasks waiting.
    drop(runner);
    for (request, ticket) in waiting {
        let end = ticket.await;
        life.lock().unwrap().ended.push((request, Some(end)));
    }
}

async fn end<Q: Shared>(aborts: bool, runner: Runner<Q>, mut dice: fastrand::Rng, life: Arc<Mutex<Life>>) {
    for _ in 0..dice.usize(..300) {
        yield_now().await;
    }
    let unsent = match (aborts, dice.bool()) {
        (true, true) => runner.abort().await,
        (true, false) => runner.close_with_timeout(Duration::from_micros(dice.u64(..500))).await,
        (false, waits) => {
            let close = runner.close();
            // The close goes on without its future.
            let _ = if waits { Some(close.await) } else { close.now_or_never() };
            return;
        }
    };
    life.lock().unwrap().unsent.extend(unsent);
}
