//! The backend's timer.

use std::pin::pin;

use futures::future::join_all;
use futures::poll;
use telegram_sender::runtime::{Instant, Timer};

use super::{Backend, ms, spawn};

pub(crate) fn the_timer_never_wakes_early(on: Backend) {
    on.run(async |env| {
        let timer = env.timer();
        for nap in [ms(0), ms(1), ms(2)] {
            let begun = timer.now();
            timer.sleep(nap).await;
            assert!(timer.now() >= begun + nap);
            let deadline = timer.now() + nap;
            timer.sleep_until(deadline).await;
            assert!(timer.now() >= deadline);
        }
    });
}

pub(crate) fn a_time_that_has_passed_is_not_waited_for_and_never_does_not_come(on: Backend) {
    on.run(async |env| {
        let timer = env.timer();
        let mut past = pin!(timer.sleep_until(Instant::EPOCH));
        assert!(poll!(past.as_mut()).is_ready());
        let mut never = pin!(timer.sleep_until(Instant::NEVER));
        assert!(poll!(never.as_mut()).is_pending());
    });
}

pub(crate) fn the_timer_never_wakes_tasks_early(on: Backend) {
    on.run(async |env| {
        let sleepers = (0..8).map(|millis| {
            let (timer, nap) = (env.timer(), ms(millis % 3));
            spawn(env.spawner(), async move {
                let begun = timer.now();
                timer.sleep(nap).await;
                timer.now() >= begun + nap
            })
        });
        assert_eq!(join_all(sleepers).await, [true; 8]);
    });
}

pub(crate) fn time_never_goes_back(on: Backend) {
    on.run(async |env| {
        let mut latest = env.timer().now();
        for turn in 0..300 {
            let timer = env.timer();
            let next = match turn % 100 {
                0 => spawn(env.spawner(), async move { timer.now() }).await,
                1 => {
                    timer.sleep(ms(1)).await;
                    timer.now()
                }
                _ => timer.now(),
            };
            assert!(next >= latest);
            latest = next;
        }
    });
}
