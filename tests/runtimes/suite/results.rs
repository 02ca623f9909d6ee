//! The stream of responses.

use std::pin::pin;

use futures::future::join_all;
use futures::{StreamExt, poll};
use telegram_sender::SenderRunner;
use telegram_sender::error::ResultError;
use telegram_sender::runner::KeepResults;

use super::{Backend, ms, spawn, start};
use crate::sender::{Rejected, Scripted, accept, fail, reject};

pub(crate) fn results_are_all_responses_and_end_with_the_runner(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let results = runner.results();
        for request in [accept(1), reject(2), fail(3), accept(4)] {
            drop(runner.request(request).await.unwrap());
        }
        let reader = spawn(env.spawner(), results.map(|answer| answer.response).collect::<Vec<_>>());
        runner.close().await;
        assert_eq!(reader.await, [Ok(1), Err(Rejected { id: 2, wait: None }), Ok(4)]);
    });
}

pub(crate) fn a_response_that_was_waited_for_in_vain_is_there_for_the_next(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let mut results = runner.results();
        assert!(poll!(pin!(results.recv())).is_pending());
        drop(runner.request(accept(1)).await.unwrap());
        drop(runner.request(reject(2)).await.unwrap());
        runner.close().await;
        let first = results.recv().await.unwrap();
        assert_eq!((first.cycle, first.attempts, first.response), (0, 1, Ok(1)));
        assert_eq!(results.recv().await.map(|answer| answer.response.is_err()), Some(true));
        assert_eq!(results.recv().await, None);
        assert_eq!(results.recv().await, None);
    });
}

pub(crate) fn several_consumers_share_the_responses(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let ids = runner.results().map(|answer| answer.response.unwrap());
                spawn(env.spawner(), ids.collect::<Vec<_>>())
            })
            .collect();
        for id in 0..50 {
            drop(runner.request(accept(id)).await.unwrap());
        }
        runner.close().await;
        let shares = join_all(readers).await;
        assert!(shares.iter().all(|ids| ids.is_sorted()));
        let mut all = shares.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..50));
    });
}

pub(crate) fn waiting_for_one_result_times_out(on: Backend) {
    on.run(async |env| {
        let builder = SenderRunner::builder(Scripted::new().0).result_timeout(ms(2));
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        assert_eq!(runner.result().await, Err(ResultError::TimedOut));
        runner.close().await;
        assert_eq!(runner.result().await, Err(ResultError::Stopped));
    });
}

pub(crate) fn one_result_comes_to_who_waits_for_it(on: Backend) {
    on.run(async |env| {
        let builder = SenderRunner::builder(Scripted::new().0).result_timeout(ms(60_000));
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        let (answer, ticket) = futures::join!(runner.result(), runner.request(accept(1)));
        assert_eq!(answer.unwrap().response, Ok(1));
        assert_eq!(ticket.unwrap().await, Ok(1));
    });
}

pub(crate) fn responses_are_kept_for_later_where_asked(on: Backend) {
    on.run(async |env| {
        let builder = SenderRunner::builder(Scripted::new().0).results(KeepResults::always());
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        let id = runner.request(accept(1)).await.unwrap().id();
        runner.close().await;
        let kept: Vec<_> = runner.results().map(|answer| (answer.id, answer.response)).collect().await;
        assert_eq!(kept, [(id, Ok(1))]);
    });
}
