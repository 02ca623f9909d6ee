//! The request queue and its bound; the results queue, its consumers and its policies.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Context, Wake};
use std::time::Duration;

use crate::common::store::{self, RunnerOver, Store, start, start_built};
use crate::common::{Sender, accepted, accepting, all, ms, now, rejected, run, scripted, sent};
use futures::stream::FusedStream;
use futures::{FutureExt, Stream, StreamExt, poll};
use telegram_sender::error::ResultError;
use telegram_sender::runner::{Builder, KeepResults, Overflow};
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::{Accepted, Rejected, Reply, VirtualRuntime};
use telegram_sender::{Answer, RequestError, Requeue, Results, SenderRunner};

async fn start_with<S: Store<Sender>>(
    runtime: &VirtualRuntime,
    sender: &Sender,
    options: impl FnOnce(Builder<Sender>) -> Builder<Sender>,
) -> RunnerOver<S, Sender> {
    let builder = options(SenderRunner::builder(sender.clone()));
    start_built::<S, _, _>(runtime, builder).await
}

fn request_waits_only_when_a_bounded_queue_is_full_and_try_request_never_does<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start_with::<S>(&runtime, &sender, |builder| builder.queue_capacity(2).unwrap()).await;
        for request in ["a", "b", "c"] {
            drop(runner.request(request).await.unwrap());
            // Lets the worker take the first.
            runtime.timer().sleep(ms(1)).await;
        }
        assert_eq!((runner.queued(), now(&runtime)), (2, 3));
        assert_eq!(runner.try_request("d").unwrap_err(), RequestError::Full("d"));
        let last = runner.request("d").await.unwrap();
        assert_eq!(now(&runtime), 100);
        last.await.unwrap();
        assert_eq!(sent(&sender), [(0, "a"), (100, "b"), (200, "c"), (300, "d")]);
    });
}

fn never_makes_anybody_wait<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &scripted(&runtime, [Reply::hang().after(ms(1))])).await;
        for _ in 0..10_000 {
            drop(runner.try_request("a").unwrap());
        }
        assert_eq!((runner.queued(), now(&runtime)), (10_000, 0));
    });
}

#[test]
fn an_unbounded_queue_never_makes_anybody_wait() {
    never_makes_anybody_wait::<store::OnHeap>();
    never_makes_anybody_wait::<store::InLean>();
}

fn a_requeued_request_goes_behind_those_waiting_even_in_a_full_bounded_queue<S: Store<Sender>>() {
    for capacity in [None, Some(2)] {
        run(|runtime| async move {
            let sender = accepting(&runtime, ms(100));
            let mut builder = SenderRunner::builder(sender.clone());
            if let Some(capacity) = capacity {
                builder = builder.queue_capacity(capacity).unwrap();
            }
            let runner = start_built::<S, _, _>(&runtime, builder.strategy(Requeue::cycles(3))).await;
            drop(runner.request("a").await.unwrap());
            runtime.timer().sleep(ms(1)).await;
            drop(runner.request("b").await.unwrap());
            drop(runner.request("c").await.unwrap());
            runtime.timer().sleep(ms(1000)).await;
            runner.close().await;
            let order: String = sent(&sender).into_iter().map(|(_, request)| request).collect();
            assert_eq!(order, "abcabc");
        });
    }
}

#[test]
fn zero_capacities_are_refused_by_name() {
    let runtime = VirtualRuntime::new();
    let error = SenderRunner::builder(accepting(&runtime, ms(1))).queue_capacity(0).err().unwrap();
    assert_eq!(error.to_string(), "`capacity` must be at least 1");
    assert!(KeepResults::always().bounded(0, Overflow::Wait).is_err());
}

fn results_yield_responses_only_each_with_its_requests_id<S: Store<Sender>>() {
    run(|runtime| async move {
        let replies =
            [Reply::accept(), Reply::fail("unreachable"), Reply::reject(400), Reply::panic("scripted")]
                .map(|reply| reply.after(ms(10)));
        let runner = start::<S, _>(&runtime, &scripted(&runtime, replies)).await;
        let results = runner.results();
        let mut ids = Vec::new();
        for request in ["a", "b", "c", "d"] {
            let ticket = runner.request(request).await.unwrap();
            ids.push(ticket.id());
            let _ = ticket.await;
        }
        runner.close().await;
        let answers: Vec<_> = results.map(|answer| (answer.id, answer.response)).collect().await;
        assert_eq!(answers, [(ids[0], Ok(accepted(0, "a"))), (ids[2], Err(rejected(2)))]);
    });
}

fn results_end_exactly_when_stopped_and_empty_and_stay_ended<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let mut results = runner.results();
        drop(runner.request("a").await.unwrap());
        assert!(results.next().await.is_some());
        assert!(!results.is_terminated());
        runtime.timer().sleep(ms(1000)).await;
        assert!(poll!(results.next()).is_pending(), "open: more may come");
        let closing = runtime.spawn(async move { runner.close().await });
        assert!(results.next().await.is_none());
        assert_eq!(now(&runtime), 1100);
        assert!(results.next().await.is_none());
        assert!(results.is_terminated());
        closing.await.unwrap();
    });
}

fn consumers_share_the_queue_each_response_goes_to_one<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let consumers = [runner.results(), runner.results()].map(|results| {
            runtime.spawn(results.map(|answer| answer.response.unwrap().send).collect::<Vec<_>>())
        });
        for request in ["a", "b", "c", "d"] {
            drop(runner.request(request).await.unwrap());
        }
        runner.close().await;
        let [first, second] = consumers;
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (vec![0, 2], vec![1, 3]));
    });
}

fn responses_are_kept_only_while_a_consumer_exists_unless_asked_for<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        runner.request("unseen").await.unwrap().await.unwrap();
        let results = runner.results();
        runner.request("left behind").await.unwrap().await.unwrap();
        drop(results);
        let mut results = runner.results();
        runner.request("seen").await.unwrap().await.unwrap();
        assert_eq!(results.next().await.unwrap().response, Ok(accepted(2, "seen")));
    });
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let runner =
            start_with::<S>(&runtime, &sender, |builder| builder.results(KeepResults::always())).await;
        runner.request("kept").await.unwrap().await.unwrap();
        drop(runner.results());
        assert_eq!(runner.result().await.unwrap().response, Ok(accepted(0, "kept")));
    });
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let runner =
            start_with::<S>(&runtime, &sender, |builder| builder.results(KeepResults::never())).await;
        let results = runner.results();
        runner.request("gone").await.unwrap().await.unwrap();
        runner.close().await;
        assert_eq!(results.count().await, 0);
    });
}

fn result_gives_the_next_response_or_times_out_after_one_second<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(900))).await;
        drop(runner.request("a").await.unwrap());
        assert_eq!(runner.result().await.unwrap().response, Ok(accepted(0, "a")));
        assert_eq!(now(&runtime), 900);
        assert_eq!(runner.result().await, Err(ResultError::TimedOut));
        assert_eq!(now(&runtime), 1900);
    });
}

fn the_time_that_result_waits_is_configurable<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(900));
        let runner = start_with::<S>(&runtime, &sender, |builder| builder.result_timeout(ms(50))).await;
        assert_eq!(runner.result().await, Err(ResultError::TimedOut));
        assert_eq!(now(&runtime), 50);
    });
}

fn result_fails_at_once_if_none_can_come_any_more<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let waiting = runtime.spawn({
            let runner = runner.clone();
            async move { runner.result().await }
        });
        runtime.timer().sleep(ms(300)).await;
        runner.close().await;
        assert_eq!(waiting.await, Some(Err(ResultError::Stopped)));
        assert_eq!(runner.result().await, Err(ResultError::Stopped));
        assert_eq!(now(&runtime), 300);
    });
}

fn a_dropped_result_takes_no_response_with_it<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let second = runner.results();
        {
            let result = std::pin::pin!(runner.result());
            assert!(poll!(result).is_pending());
        }
        drop(runner.request("a").await.unwrap());
        runner.close().await;
        assert_eq!(second.count().await, 1);
    });
}

/// Sends ten requests of ten milliseconds each, and reads no response for a second.
async fn ten_unread<S: Store<Sender>>(
    runtime: &VirtualRuntime,
    overflow: Overflow,
) -> (Sender, RunnerOver<S, Sender>, Results<Sender, S::Storage>) {
    let sender = accepting(runtime, ms(10));
    let keep = KeepResults::while_read().bounded(3, overflow).unwrap();
    let runner = start_with::<S>(runtime, &sender, |builder| builder.results(keep)).await;
    let results = runner.results();
    for _ in 0..10 {
        drop(runner.request("a").await.unwrap());
    }
    runtime.timer().sleep(Duration::from_secs(1)).await;
    (sender, runner, results)
}

async fn indices(results: impl Stream<Item = Answer<Accepted<&'static str>, Rejected>>) -> Vec<usize> {
    results.map(|answer| answer.response.unwrap().send).collect().await
}

fn a_bounded_results_queue_that_waits_holds_the_runner_and_loses_nothing<S: Store<Sender>>() {
    run(|runtime| async move {
        let (sender, runner, mut results) = ten_unread::<S>(&runtime, Overflow::Wait).await;
        // Three fit; the fourth was sent and waits for room.
        assert_eq!(sent(&sender).len(), 4);
        assert_eq!(results.next().await.unwrap().response, Ok(accepted(0, "a")));
        runtime.timer().sleep(ms(500)).await;
        assert_eq!(sent(&sender).len(), 5);
        // Closing waits for no consumer, and still loses nothing.
        runner.close().await;
        assert_eq!(indices(results).await, (1..10).collect::<Vec<_>>());
        assert_eq!(runner.stats().results_dropped, 0);
    });
}

fn a_response_that_waits_for_room_outlives_an_abort_and_the_worker<S: Store<Sender>>() {
    run(|runtime| async move {
        let (_, runner, results) = ten_unread::<S>(&runtime, Overflow::Wait).await;
        assert_eq!(all(runner.abort().await).len(), 6);
        assert_eq!(indices(results).await, [0, 1, 2, 3]);
    });
    run(|runtime| async move {
        let keep = KeepResults::while_read().bounded(3, Overflow::Wait).unwrap();
        let builder = SenderRunner::builder(accepting(&runtime, ms(10))).results(keep);
        let (runner, worker) = S::prepare(builder, runtime.timer()).run();
        let results = runner.results();
        for _ in 0..10 {
            drop(runner.request("a").await.unwrap());
        }
        let timer = runtime.timer();
        let second = std::pin::pin!(timer.sleep(Duration::from_secs(1)));
        drop(futures::future::select(Box::pin(worker), second).await);
        assert_eq!(runner.close().await, telegram_sender::runner::Exit::Dropped);
        assert_eq!(indices(results).await, [0, 1, 2, 3]);
    });
}

fn a_runner_that_waits_for_a_consumer_goes_on_when_the_last_one_leaves<S: Store<Sender>>() {
    run(|runtime| async move {
        let (sender, _runner, results) = ten_unread::<S>(&runtime, Overflow::Wait).await;
        drop(results);
        runtime.timer().sleep(Duration::from_secs(1)).await;
        assert_eq!(sent(&sender).len(), 10);
    });
}

fn a_bounded_results_queue_drops_the_oldest_or_the_newest_and_counts<S: Store<Sender>>() {
    run(|runtime| async move {
        let (_, runner, results) = ten_unread::<S>(&runtime, Overflow::DropOldest).await;
        runner.close().await;
        assert_eq!((indices(results).await, runner.stats().results_dropped), (vec![7, 8, 9], 7));
    });
    run(|runtime| async move {
        let (_, runner, results) = ten_unread::<S>(&runtime, Overflow::DropNewest).await;
        runner.close().await;
        assert_eq!((indices(results).await, runner.stats().results_dropped), (vec![0, 1, 2], 7));
    });
}

fn a_slow_consumer_does_not_slow_the_sends<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let runner = start::<S, _>(&runtime, &sender).await;
        let mut results = runner.results();
        for _ in 0..5 {
            drop(runner.request("a").await.unwrap());
        }
        let mut read = 0;
        while read < 5 {
            runtime.timer().sleep(ms(700)).await;
            results.next().await.unwrap();
            read += 1;
        }
        assert_eq!(sent(&sender).last(), Some(&(40, "a")));
    });
}

thread_local! {
    /// The work of a ticket's waker.
    static WHEN_TOLD: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

struct Told;

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        if let Some(work) = WHEN_TOLD.take() {
            work();
        }
    }
}

fn an_answer_is_in_the_results_before_its_ticket_is_told_and_goes_with_the_last_consumer<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(1))).await;
        for takes in [true, false] {
            let mut results = runner.results();
            let mut ticket = runner.request("a").await.unwrap();
            let id = ticket.id();
            WHEN_TOLD.set(Some(Box::new(move || {
                if takes {
                    assert_eq!(results.next().now_or_never().flatten().map(|answer| answer.id), Some(id));
                }
                drop(results);
            })));
            let waker = Arc::new(Told).into();
            assert!(ticket.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
            runtime.timer().sleep(ms(5)).await;
            assert!(ticket.await.is_ok() && WHEN_TOLD.take().is_none());
            // A new consumer gets no earlier response.
            assert!(runner.results().next().now_or_never().is_none());
        }
    });
}

over_every_storage!(
    an_answer_is_in_the_results_before_its_ticket_is_told_and_goes_with_the_last_consumer,
    request_waits_only_when_a_bounded_queue_is_full_and_try_request_never_does,
    a_requeued_request_goes_behind_those_waiting_even_in_a_full_bounded_queue,
    results_yield_responses_only_each_with_its_requests_id,
    results_end_exactly_when_stopped_and_empty_and_stay_ended,
    consumers_share_the_queue_each_response_goes_to_one,
    responses_are_kept_only_while_a_consumer_exists_unless_asked_for,
    result_gives_the_next_response_or_times_out_after_one_second,
    the_time_that_result_waits_is_configurable,
    result_fails_at_once_if_none_can_come_any_more,
    a_dropped_result_takes_no_response_with_it,
    a_bounded_results_queue_that_waits_holds_the_runner_and_loses_nothing,
    a_response_that_waits_for_room_outlives_an_abort_and_the_worker,
    a_runner_that_waits_for_a_consumer_goes_on_when_the_last_one_leaves,
    a_bounded_results_queue_drops_the_oldest_or_the_newest_and_counts,
    a_slow_consumer_does_not_slow_the_sends,
);

/// A caller that was woken for room and is not polled keeps no other caller out.
#[test]
fn a_caller_who_does_not_come_for_the_room_keeps_no_other_out() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(accepting(&runtime, ms(100))).queue_capacity(1).unwrap();
        let runner = start_built::<crate::common::store::OnHeap, _, _>(&runtime, builder).await;
        drop(runner.request("a").await.unwrap());
        drop(runner.request("b").await);
        let mut told = Box::pin(runner.request("c"));
        assert!(poll!(&mut told).is_pending());
        let others = ["d", "e"].map(|request| {
            let runner = runner.clone();
            runtime.spawn(async move { runner.request(request).await.unwrap().await.is_ok() })
        });
        for other in others {
            assert!(other.await.unwrap());
        }
        drop(told);
        runner.close().await;
    });
}
