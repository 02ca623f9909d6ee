//! Closing, closing in time, aborting: nothing is lost, nothing waits forever.

use std::time::Duration;

use crate::common::store::{Store, start, start_built};
use crate::common::{Sender, accepted, accepting, all, dropped_sends, flood, ms, now, run, scripted, sent};
use futures::{StreamExt, poll};
use telegram_sender::runner::{Exit, KeepResults};
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::{Reply, VirtualRuntime};
use telegram_sender::{Delay, NoAnswer, RateLimiter, RequestError, Requeue, SendError, SenderRunner};

fn close_drains_then_refuses<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        let tickets = [runner.request("a").await.unwrap(), runner.request("b").await.unwrap()];
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!((now(&runtime), sender.closed()), (200, 1));
        for ticket in tickets {
            assert!(ticket.await.is_ok());
        }
    });
}

fn requests_during_and_after_close_come_back<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let ticket = runner.request("a").await.unwrap();
        let closing = runtime.spawn({
            let runner = runner.clone();
            async move { runner.close().await }
        });
        runtime.timer().sleep(ms(10)).await;
        assert_eq!(runner.request("b").await.unwrap_err(), RequestError::Closing("b"));
        assert_eq!(runner.try_request("c").unwrap_err().into_request(), "c");
        closing.await.unwrap();
        assert_eq!(runner.request("d").await.unwrap_err().into_request(), "d");
        ticket.await.unwrap();
    });
}

fn close_is_idempotent_and_callable_from_any_clone<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        drop(runner.request("a").await.unwrap());
        let clone = runner.clone();
        let both = futures::join!(runner.close(), clone.close());
        assert_eq!(both, (Exit::Drained, Exit::Drained));
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!((now(&runtime), sender.closed()), (100, 1));
    });
}

fn dropping_the_close_future_leaves_the_drain_running<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let tickets = [runner.request("a").await.unwrap(), runner.request("b").await.unwrap()];
        {
            let close = std::pin::pin!(runner.close());
            assert!(poll!(close).is_pending());
        }
        for ticket in tickets {
            assert!(ticket.await.is_ok());
        }
        assert_eq!(runner.task().await, Exit::Drained);
    });
}

fn close_with_timeout_drains_until_then_and_returns_the_rest<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        let mut tickets = Vec::new();
        for request in ["a", "b", "c", "d"] {
            tickets.push(runner.request(request).await.unwrap());
        }
        assert_eq!(all(runner.close_with_timeout(ms(150)).await), ["c", "d"]);
        assert_eq!((now(&runtime), dropped_sends(&sender), sender.closed()), (150, 1, 1));
        let ends: Vec<_> = futures::future::join_all(tickets).await;
        assert_eq!(
            ends,
            [
                Ok(accepted(0, "a")),
                Err(SendError::NoAnswer(NoAnswer::Interrupted)),
                Err(SendError::NoAnswer(NoAnswer::Aborted)),
                Err(SendError::NoAnswer(NoAnswer::Aborted)),
            ]
        );
        assert_eq!(runner.task().await, Exit::Aborted);
    });
}

fn close_with_timeout_in_time_returns_nothing<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let ticket = runner.request("a").await.unwrap();
        assert!(all(runner.close_with_timeout(Duration::from_secs(10)).await).is_empty());
        assert_eq!(now(&runtime), 100);
        assert!(ticket.await.is_ok());
    });
}

fn abort_drops_the_send_in_flight_and_returns_the_requests_never_sent<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::hang().after(ms(100))]);
        let runner = start::<S, _>(&runtime, &sender).await;
        let in_flight = runner.request("a").await.unwrap();
        let queued = runner.request("b").await.unwrap();
        runtime.timer().sleep(ms(50)).await;
        assert_eq!(all(runner.abort().await), ["b"]);
        assert_eq!((now(&runtime), dropped_sends(&sender), sender.closed()), (50, 1, 1));
        assert_eq!(in_flight.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(queued.await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
        assert!(all(runner.abort().await).is_empty(), "each request comes back once");
        assert!(runner.request("c").await.is_err());
    });
}

fn a_request_that_waits_in_a_limiter_was_never_sent_and_comes_back<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let runner = start_built::<S, _, _>(
            &runtime,
            SenderRunner::builder(sender.clone())
                .strategy(RateLimiter::new(1, Duration::from_secs(60)).unwrap()),
        )
        .await;
        let first = runner.request("a").await.unwrap();
        let held = runner.request("b").await.unwrap();
        first.await.unwrap();
        runtime.timer().sleep(ms(50)).await;
        assert_eq!(all(runner.abort().await), ["b"]);
        assert_eq!(held.await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
        assert_eq!(sent(&sender), [(0, "a")]);
    });
}

fn abort_cuts_a_flood_pause_short<S: Store<Sender>>() {
    run(|runtime| async move {
        let flood = flood(Duration::from_secs(3600));
        let runner = start::<S, _>(&runtime, &scripted(&runtime, [flood.after(ms(10))])).await;
        let first = runner.request("a").await.unwrap();
        let second = runner.request("b").await.unwrap();
        assert!(first.await.is_err());
        assert_eq!(all(runner.abort().await), ["b"]);
        assert_eq!(now(&runtime), 10);
        assert!(second.await.is_err());
    });
}

fn abort_of_an_idle_and_of_a_stopped_runner_returns_at_once<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        assert!(all(runner.abort().await).is_empty());
        assert!(all(runner.abort().await).is_empty());
        assert_eq!(runner.close().await, Exit::Aborted);
        assert_eq!(now(&runtime), 0);
    });
}

fn a_runner_shows_its_phase<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100)).close_takes(ms(70));
        let runner = start::<S, _>(&runtime, &sender).await;
        let shows = |phase: &str| assert!(format!("{runner:?}").contains(phase), "{runner:?}");
        drop(runner.request("a").await.unwrap());
        shows("Open");
        assert!(poll!(std::pin::pin!(runner.close())).is_pending());
        shows("Closing");
        assert!(poll!(std::pin::pin!(runner.abort())).is_pending());
        shows("Aborting");
        runner.close().await;
        shows("Stopped");
    });
}

fn close_waits_for_the_sender_to_close<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100)).close_takes(ms(70));
        let runner = start::<S, _>(&runtime, &sender).await;
        let results = runner.results();
        drop(runner.request("a").await.unwrap());
        let ended = async {
            assert_eq!(results.count().await, 1);
            now(&runtime)
        };
        let (ended, exit) = futures::join!(ended, runner.close());
        assert_eq!((ended, exit, now(&runtime)), (100, Exit::Drained, 170));
    });
}

fn a_requeue_while_closing_is_dropped_so_the_drain_ends<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start_built::<S, _, _>(
            &runtime,
            SenderRunner::builder(sender.clone()).strategy(Requeue::endless()).strategy(Delay::new(ms(50))),
        )
        .await;
        let first_round = runner.request("a").await.unwrap();
        runtime.timer().sleep(ms(420)).await;
        assert_eq!((runner.stats().requeues_dropped, runner.is_closing()), (0, false));
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(first_round.await, Ok(accepted(0, "a")));
        // The round that was queued when the runner closed is still sent.
        assert_eq!(sent(&sender), [(0, "a"), (150, "a"), (300, "a"), (450, "a")]);
        assert_eq!((now(&runtime), runner.stats().requeues_dropped, runner.is_closing()), (600, 1, true));
    });
}

fn an_aborted_requeued_round_does_not_come_back_as_unsent<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start_built::<S, _, _>(
            &runtime,
            SenderRunner::builder(sender).strategy(Requeue::endless()).strategy(Delay::new(ms(50))),
        )
        .await;
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(120)).await;
        assert!(all(runner.abort().await).is_empty());
    });
}

fn a_producer_that_waits_for_room_gets_its_request_back_on_close<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start_built::<S, _, _>(
            &runtime,
            SenderRunner::builder(accepting(&runtime, ms(100))).queue_capacity(1).unwrap(),
        )
        .await;
        drop(runner.request("in flight").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.request("queued").await.unwrap());
        let (refused, exit) = futures::join!(runner.request("no room"), runner.close());
        assert_eq!(refused.unwrap_err(), RequestError::Closing("no room"));
        assert_eq!(exit, Exit::Drained);
    });
}

fn responses_that_were_kept_can_be_read_after_the_stop<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start_built::<S, _, _>(
            &runtime,
            SenderRunner::builder(accepting(&runtime, ms(100))).results(KeepResults::always()),
        )
        .await;
        drop(runner.request("a").await.unwrap());
        runner.close().await;
        let kept: Vec<_> = runner.results().map(|answer| answer.response.unwrap()).collect().await;
        assert_eq!(kept, [accepted(0, "a")]);
    });
}

fn dropping_the_runtime_in_flight_leaves_no_ticket_waiting<S: Store<Sender>>() {
    let runtime = VirtualRuntime::new();
    let (runner, ticket) = runtime.block_on(async {
        let runner = start::<S, _>(&runtime, &scripted(&runtime, [Reply::hang().after(ms(1))])).await;
        let ticket = runner.request("a").await.unwrap();
        runtime.timer().sleep(ms(5)).await;
        (runner, ticket)
    });
    drop(runtime);
    let other = VirtualRuntime::new();
    // The worker holds its own timer, not the executor: that is gone.
    assert_eq!(other.block_on(ticket), Err(SendError::NoAnswer(NoAnswer::Interrupted)));
    assert_eq!(other.block_on(runner.close()), Exit::Dropped);
}

fn a_dropped_worker_gives_back_what_it_had_not_sent_yet<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let limiter = RateLimiter::new(1, ms(1000)).unwrap();
        let (runner, worker) =
            S::prepare(SenderRunner::builder(sender).strategy(limiter), runtime.timer()).run();
        let mut tickets = Vec::new();
        for request in ["sent", "in the limiter", "in the queue"] {
            tickets.push(runner.request(request).await.unwrap());
        }
        let timer = runtime.timer();
        let before = std::pin::pin!(timer.sleep(ms(500)));
        drop(futures::future::select(Box::pin(worker), before).await);
        assert_eq!(all(runner.abort().await), ["in the limiter", "in the queue"]);
        let stopped = Err(SendError::NoAnswer(NoAnswer::Stopped));
        let ends = futures::future::join_all(tickets).await;
        assert_eq!(ends, [Ok(accepted(0, "sent")), stopped.clone(), stopped]);
        let stats = runner.stats();
        assert_eq!((stats.sent, stats.failed, stats.unsent, stats.in_flight), (1, 0, 2, 0));
    });
}

over_every_storage!(
    close_drains_then_refuses,
    requests_during_and_after_close_come_back,
    close_is_idempotent_and_callable_from_any_clone,
    dropping_the_close_future_leaves_the_drain_running,
    close_with_timeout_drains_until_then_and_returns_the_rest,
    close_with_timeout_in_time_returns_nothing,
    abort_drops_the_send_in_flight_and_returns_the_requests_never_sent,
    a_request_that_waits_in_a_limiter_was_never_sent_and_comes_back,
    abort_cuts_a_flood_pause_short,
    abort_of_an_idle_and_of_a_stopped_runner_returns_at_once,
    a_runner_shows_its_phase,
    close_waits_for_the_sender_to_close,
    a_requeue_while_closing_is_dropped_so_the_drain_ends,
    an_aborted_requeued_round_does_not_come_back_as_unsent,
    a_producer_that_waits_for_room_gets_its_request_back_on_close,
    responses_that_were_kept_can_be_read_after_the_stop,
    dropping_the_runtime_in_flight_leaves_no_ticket_waiting,
    a_dropped_worker_gives_back_what_it_had_not_sent_yet,
);
