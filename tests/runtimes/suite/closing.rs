//! Closing, closing in time, aborting.

use std::pin::pin;

use futures::future::join_all;
use futures::poll;
use telegram_sender::runner::Exit;
use telegram_sender::{NoAnswer, RequestError, SendError};

use super::{Backend, ms, spawn, start};
use crate::sender::{accept, gated, ids};

pub(crate) fn close_sends_what_is_queued(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let tickets: Vec<_> = (1..=3).map(|id| runner.try_request(accept(id)).unwrap()).collect();
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(join_all(tickets).await, [Ok(1), Ok(2), Ok(3)]);
        assert_eq!(sends.rest(), [1, 2, 3]);
    });
}

pub(crate) fn requests_during_and_after_close_come_back(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let (held, gate) = gated(1);
        let held = runner.request(held).await.unwrap();
        let mut close = pin!(runner.close());
        assert!(poll!(&mut close).is_pending());
        assert!(runner.is_closing());
        let Err(RequestError::Closing(refused)) = runner.request(accept(2)).await else { panic!("taken") };
        assert_eq!(refused.id, 2);
        assert_eq!(runner.try_request(accept(3)).unwrap_err().into_request().id, 3);
        drop(gate);
        assert_eq!(close.await, Exit::Drained);
        assert_eq!(runner.request(accept(4)).await.unwrap_err().into_request().id, 4);
        assert_eq!(held.await, Ok(1));
    });
}

pub(crate) fn all_clones_may_close_and_all_end_together(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let ticket = runner.request(accept(1)).await.unwrap();
        let closers = (0..3).map(|_| {
            let runner = runner.clone();
            spawn(env.spawner(), async move { runner.close().await })
        });
        assert_eq!(join_all(closers).await, [Exit::Drained; 3]);
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(ticket.await, Ok(1));
    });
}

pub(crate) fn abort_interrupts_the_send_and_gives_back_what_was_never_sent(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let (held, gate) = gated(1);
        let in_flight = runner.request(held).await.unwrap();
        let queued = runner.request(accept(2)).await.unwrap();
        assert_eq!(sends.next().await, 1);
        assert_eq!(ids(runner.abort().await), [2]);
        assert_eq!(in_flight.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(queued.await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
        assert_eq!(runner.abort().await.len(), 0, "each comes back once");
        assert_eq!((runner.close().await, sends.rest()), (Exit::Aborted, vec![]));
        assert!(gate.is_closed(), "nothing holds the request");
    });
}

pub(crate) fn close_with_timeout_aborts_when_its_time_is_over(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let (held, _gate) = gated(1);
        let in_flight = runner.request(held).await.unwrap();
        let queued = runner.request(accept(2)).await.unwrap();
        assert_eq!(sends.next().await, 1);
        assert_eq!(ids(runner.close_with_timeout(ms(2)).await), [2]);
        assert_eq!(in_flight.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(queued.await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
    });
}

pub(crate) fn close_with_timeout_drains_in_time(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let ticket = runner.request(accept(1)).await.unwrap();
        assert_eq!(runner.close_with_timeout(ms(600_000)).await.len(), 0);
        assert_eq!((ticket.await, runner.task().await), (Ok(1), Exit::Drained));
    });
}

pub(crate) fn when_the_last_handle_is_dropped_the_queue_is_sent(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let (held, gate) = gated(1);
        let tickets = [runner.request(held).await.unwrap(), runner.request(accept(2)).await.unwrap()];
        let task = runner.task();
        let clone = runner.clone();
        drop(runner);
        assert!(!clone.is_closing());
        drop(clone);
        drop(gate);
        assert_eq!(join_all(tickets).await, [Ok(1), Ok(2)]);
        assert_eq!((task.await, sends.rest()), (Exit::Drained, vec![1, 2]));
    });
}
