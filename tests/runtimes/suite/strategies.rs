//! Strategies that wait, on the backend's own clock.

use telegram_sender::runtime::Timer;
use telegram_sender::{Delay, RateLimiter, Retry, SendError, SenderRunner};

use super::{Backend, ms, start};
use crate::sender::{Rejected, Scripted, accept, flood, reject};
use crate::strategies::all_strategies;

pub(crate) fn every_strategy_together_changes_nothing_that_is_accepted(on: Backend) {
    on.run(async |env| {
        let builder = SenderRunner::builder(Scripted::new().0).strategy(all_strategies!());
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        let tickets = [runner.request(accept(1)).await.unwrap(), runner.request(accept(2)).await.unwrap()];
        for (ticket, id) in tickets.into_iter().zip(1..) {
            assert_eq!(ticket.await, Ok(id));
        }
        runner.close().await;
    });
}

pub(crate) fn retries_go_through_the_limiter(on: Backend) {
    on.run(async |env| {
        let (sender, sends) = Scripted::new();
        let runner = SenderRunner::builder(sender)
            .strategy(RateLimiter::new(1, ms(2)).unwrap())
            .strategy(Retry::new(2, ms(0)))
            .prepare(env.timer())
            .start(env.spawner())
            .await
            .unwrap();
        let begun = env.timer().now();
        let mut ticket = runner.request(reject(1)).await.unwrap();
        assert_eq!((&mut ticket).await, Err(SendError::Rejected(Rejected { id: 1, wait: None })));
        assert!(env.timer().now() >= begun + ms(4), "three sends, two pauses");
        assert_eq!((ticket.attempts(), sends.rest()), (3, vec![1, 1, 1]));
    });
}

pub(crate) fn a_delay_passes_before_the_answer_is_passed_on(on: Backend) {
    on.run(async |env| {
        let builder = SenderRunner::builder(Scripted::new().0).strategy(Delay::new(ms(1)));
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        let begun = env.timer().now();
        assert_eq!(runner.request(accept(1)).await.unwrap().await, Ok(1));
        assert!(env.timer().now() >= begun + ms(1));
    });
}

pub(crate) fn a_flood_wait_is_honoured(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let begun = env.timer().now();
        let flooded = runner.request(flood(1, ms(2))).await.unwrap();
        let next = runner.request(accept(2)).await.unwrap();
        assert_eq!(flooded.await, Err(SendError::Rejected(Rejected { id: 1, wait: Some(ms(2)) })));
        assert_eq!(next.await, Ok(2));
        assert!(env.timer().now() >= begun + ms(2));
    });
}
