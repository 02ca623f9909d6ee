//! The counters: each request is counted in exactly one place, before its ticket ends.

use crate::common::store::{Store, start, start_built};
use crate::common::{Sender, accepting, all, ms, run, scripted};
use futures::join;
use telegram_sender::runner::Stats;
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::Reply;
use telegram_sender::{Delay, Requeue, SenderRunner};

fn every_outcome_is_counted_once<S: Store<Sender>>() {
    run(|runtime| async move {
        let replies =
            [Reply::accept(), Reply::reject(400), Reply::fail("no"), Reply::panic("oh"), Reply::accept()];
        let runner =
            start::<S, _>(&runtime, &scripted(&runtime, replies.map(|reply| reply.after(ms(10))))).await;
        let mut tickets = Vec::new();
        for _ in 0..7 {
            tickets.push(runner.request("a").await.unwrap());
        }
        assert!(tickets[5].cancel());
        assert_eq!((runner.stats().queued, runner.stats().in_flight), (7, 0));
        runtime.timer().sleep(ms(1)).await;
        assert_eq!((runner.stats().queued, runner.stats().in_flight), (6, 1));
        runner.close().await;
        let stats = runner.stats();
        assert_eq!((stats.sent, stats.rejected, stats.failed, stats.cancelled), (3, 1, 2, 1));
        assert_eq!((stats.queued, stats.in_flight, stats.unsent), (0, 0, 0));
    });
}

fn a_ticket_that_knows_is_counted<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        for sent in 1..4 {
            runner.request("a").await.unwrap().await.unwrap();
            assert_eq!((runner.stats().sent, runner.stats().in_flight), (sent, 0));
        }
    });
}

fn what_is_never_sent_is_counted_however_the_runner_ends<S: Store<Sender>>() {
    run(|runtime| async move {
        for aborted in [true, false] {
            let prepared = S::prepare(SenderRunner::builder(accepting(&runtime, ms(10))), runtime.timer());
            let (runner, task) = prepared.start_with_task(&runtime).await.unwrap();
            for _ in 0..3 {
                drop(runner.request("a").await.unwrap());
            }
            drop(runner.request("b").await.unwrap().cancel_on_drop());
            runtime.timer().sleep(ms(1)).await;
            if aborted {
                assert_eq!(all(runner.abort().await).len(), 2);
            } else {
                task.cancel();
            }
            let Stats { queued, in_flight, failed, unsent, cancelled, .. } = runner.stats();
            assert_eq!((queued, in_flight, failed, unsent, cancelled), (0, 0, 1, 2, 1));
        }
    });
}

fn rounds_are_counted_as_requests_are<S: Store<Sender>>() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(accepting(&runtime, ms(10)))
            .strategy(Requeue::endless())
            .strategy(Delay::new(ms(90)));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(250)).await;
        runner.close().await;
        let stats = runner.stats();
        // The third round is in its delay when the runner closes: it has already re-queued the fourth.
        assert_eq!((stats.sent, stats.requeued, stats.requeues_dropped), (4, 3, 1));
    });
}

fn waits_are_measured_if_asked_for<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let builder = SenderRunner::builder(sender).strategy(Requeue::cycles(1)).measure_waits(true);
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        let tickets = [runner.request("a").await.unwrap(), runner.request("b").await.unwrap()];
        let [a, b] = tickets;
        let _ = join!(a, b);
        runner.close().await;
        let stats = runner.stats();
        // 0 and 10 ms, and 10 ms for the second round of "a", which was queued behind "b".
        assert_eq!((stats.waits, stats.waited, stats.longest_wait), (3, ms(20), ms(10)));

        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        runner.request("a").await.unwrap().await.unwrap();
        assert_eq!((runner.stats().waits, runner.stats().mean_wait()), (0, None));
    });
}

fn they_can_be_read_from_another_task_while_all_is_under_way<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        let watcher = runtime.spawn({
            let (runner, timer) = (runner.clone(), runtime.timer());
            async move {
                while runner.stats().sent < 5 {
                    let stats = runner.stats();
                    assert_eq!(stats.sent + stats.in_flight + stats.queued, 5);
                    timer.sleep(ms(7)).await;
                }
            }
        });
        for _ in 0..5 {
            drop(runner.try_request("a").unwrap());
        }
        watcher.await.unwrap();
    });
}

over_every_storage!(
    every_outcome_is_counted_once,
    a_ticket_that_knows_is_counted,
    what_is_never_sent_is_counted_however_the_runner_ends,
    rounds_are_counted_as_requests_are,
    waits_are_measured_if_asked_for,
    they_can_be_read_from_another_task_while_all_is_under_way,
);
