//! On a clock that stands still while any task can run, each wait takes exactly its time.

use std::time::Duration;

use telegram_sender::error::ResultError;
use telegram_sender::runtime::Timer;
use telegram_sender::{Delay, NoAnswer, RateLimiter, Retry, SendError, SenderRunner, Timeout};

use super::{Backend, Env};
use crate::sender::{Scripted, accept, flood, hang, reject};

const SECOND: Duration = Duration::from_secs(1);

/// Asserts that `work` takes exactly `time`.
async fn takes<F: Future>(env: &Env, time: Duration, work: F) -> F::Output {
    let begun = env.timer().now();
    let output = work.await;
    assert_eq!(env.timer().now().saturating_duration_since(begun), time);
    output
}

pub(crate) fn each_strategy_waits_exactly(on: Backend) {
    on.run(async |env| {
        let runner = SenderRunner::builder(Scripted::new().0)
            .strategy(Timeout::new(10 * SECOND).unwrap())
            .strategy(RateLimiter::new(1, 60 * SECOND).unwrap())
            .strategy(Retry::new(1, 90 * SECOND))
            .strategy(Delay::new(Duration::from_millis(3_001)))
            .prepare(env.timer())
            .start(env.spawner())
            .await
            .unwrap();
        let send = async |request| runner.request(request).await.unwrap().await;
        assert_eq!(takes(&env, Duration::from_millis(3_001), send(accept(1))).await, Ok(1));
        // 60 s after the first, then a retry 90 s later, then the delay.
        let rejected = takes(&env, Duration::from_secs(150), send(reject(2))).await;
        assert!(matches!(rejected, Err(SendError::Rejected(_))));
        // The limiter counts from the retry, which was sent one delay ago.
        let timed_out = takes(&env, Duration::from_millis(60_000 - 3_001 + 10_000), send(hang(3))).await;
        assert_eq!(timed_out, Err(SendError::NoAnswer(NoAnswer::TimedOut)));
    });
}

pub(crate) fn a_flood_wait_is_exact_over_a_day(on: Backend) {
    on.run(async |env| {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(env.timer());
        let runner = prepared.start(env.spawner()).await.unwrap();
        let wait = Duration::from_secs(86_400) + Duration::from_millis(1);
        drop(runner.request(flood(1, wait)).await.unwrap());
        let next = runner.request(accept(2)).await.unwrap();
        assert_eq!(takes(&env, wait, next).await, Ok(2));
    });
}

pub(crate) fn time_outs_of_handles_are_exact(on: Backend) {
    on.run(async |env| {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(env.timer());
        let runner = prepared.start(env.spawner()).await.unwrap();
        assert_eq!(takes(&env, SECOND, runner.result()).await, Err(ResultError::TimedOut));
        drop(runner.request(hang(1)).await.unwrap());
        assert_eq!(takes(&env, 5 * SECOND, runner.close_with_timeout(5 * SECOND)).await.len(), 0);
    });
}
