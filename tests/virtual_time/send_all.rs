//! A stream of requests in, a stream of outcomes out.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use crate::common::store::{RunnerOver, Store, start, start_built};
use crate::common::{Sender, accepted, accepting, ms, now, rejected, run, scripted, sent};
use futures::stream::{FusedStream, StreamExt, iter, pending, repeat};
use futures::{Stream, poll};
use telegram_sender::error::CallError;
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::{Reply, VirtualRuntime};
use telegram_sender::{RequestError, SendError, SenderRunner};

async fn start_bounded<S: Store<Sender>>(
    runtime: &VirtualRuntime,
    sender: &Sender,
    capacity: usize,
) -> RunnerOver<S, Sender> {
    let builder = SenderRunner::builder(sender.clone()).queue_capacity(capacity).unwrap();
    start_built::<S, _, _>(runtime, builder).await
}

/// Returns endless requests, and the number of those that were taken.
fn counted() -> (impl Stream<Item = &'static str>, Rc<Cell<usize>>) {
    let taken = Rc::new(Cell::new(0));
    let count = Rc::clone(&taken);
    let requests = repeat("a").inspect(move |_| count.set(count.get() + 1));
    (requests, taken)
}

fn outcomes_come_in_the_order_of_the_requests<S: Store<Sender>>() {
    run(|runtime| async move {
        let replies = [Reply::accept(), Reply::reject(400), Reply::accept()].map(|reply| reply.after(ms(10)));
        let runner = start::<S, _>(&runtime, &scripted(&runtime, replies)).await;
        let mut outcomes = runner.send_all(iter(["a", "b", "c"]));
        assert!(!outcomes.is_terminated());
        assert_eq!(outcomes.next().await, Some(Ok(accepted(0, "a"))));
        assert_eq!(outcomes.next().await, Some(Err(CallError::Failed(SendError::Rejected(rejected(1))))));
        assert_eq!(outcomes.next().await, Some(Ok(accepted(2, "c"))));
        assert_eq!((outcomes.next().await, outcomes.is_terminated(), now(&runtime)), (None, true, 30));
    });
}

fn a_full_queue_and_untaken_outcomes_hold_the_stream_back<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start_bounded::<S>(&runtime, &accepting(&runtime, ms(10)), 2).await;
        let (requests, taken) = counted();
        let mut outcomes = runner.send_all(requests);
        assert!(poll!(outcomes.next()).is_pending());
        assert_eq!((taken.get(), runner.queued()), (3, 2), "two are queued, one waits for room");
        assert!(outcomes.next().await.is_some());
        assert_eq!(now(&runtime), 10);
        drop(outcomes);

        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        let (requests, taken) = counted();
        let mut outcomes = runner.send_all(requests).max_outstanding(5).unwrap();
        for taken_before in 5..8 {
            assert!(outcomes.next().await.is_some());
            assert_eq!(taken.get(), taken_before);
        }
        let zero = runner.send_all(iter([])).max_outstanding(0).unwrap_err();
        assert_eq!(zero.argument(), "requests");
    });
}

fn all_of_a_long_stream_gets_through_a_short_queue_beside_other_callers<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(1));
        let runner = start_bounded::<S>(&runtime, &sender, 1).await;
        let others = [(); 3].map(|()| {
            let runner = runner.clone();
            runtime.spawn(async move { runner.send_all(iter(["b"; 50])).count().await })
        });
        let outcomes: Vec<_> = runner.send_all(iter(["a"; 50])).collect().await;
        assert!(outcomes.len() == 50 && outcomes.iter().all(Result::is_ok));
        for other in others {
            assert_eq!(other.await, Some(50));
        }
        assert_eq!((sender.sends().len(), now(&runtime)), (200, 200));
    });
}

fn one_who_was_told_of_room_and_left_keeps_nobody_out<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start_bounded::<S>(&runtime, &accepting(&runtime, ms(10)), 1).await;
        let filler = runner.request("a").await.unwrap();
        let mut leaves = Box::pin(runner.send_all(iter(["b"])));
        assert!(poll!(leaves.next()).is_pending());
        let mut stays = runner.send_all(iter(["c"]));
        assert!(poll!(stays.next()).is_pending());
        // The worker takes the first request and wakes a task for the room: the one that leaves.
        runtime.timer().sleep(ms(5)).await;
        drop(leaves);
        assert!(stays.next().await.unwrap().is_ok());
        filler.await.unwrap();
        assert_eq!(now(&runtime), 20);
    });
}

fn a_closing_runner_ends_it_with_the_refused_request_and_leaves_the_rest<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start_bounded::<S>(&runtime, &accepting(&runtime, ms(10)), 1).await;
        let mut rest = iter(["a", "b", "c"]);
        let mut outcomes = runner.send_all(&mut rest);
        assert!(poll!(outcomes.next()).is_pending());
        let closing = runtime.spawn({
            let runner = runner.clone();
            async move { runner.close().await }
        });
        runtime.timer().sleep(ms(1)).await;
        assert_eq!(outcomes.next().await, Some(Ok(accepted(0, "a"))));
        let refused = outcomes.next().await.unwrap().unwrap_err();
        assert_eq!(refused, CallError::Refused(RequestError::Closing("b")));
        assert_eq!(refused.into_request(), Some("b"));
        assert_eq!(outcomes.next().await, None);
        closing.await.unwrap();
        assert_eq!(rest.collect::<Vec<_>>().await, ["c"]);
    });
}

fn it_can_be_stopped_without_losing_a_request<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let runner = start_bounded::<S>(&runtime, &sender, 1).await;
        let mut outcomes = runner.send_all(iter(["a", "b", "c"]));
        assert!(poll!(outcomes.next()).is_pending());
        let (waiting, rest) = outcomes.into_requests();
        assert_eq!((waiting, rest.collect::<Vec<_>>().await), (Some("b"), vec!["c"]));
        runner.close().await;
        assert_eq!(sent(&sender), [(0, "a")]);
    });
}

fn a_stream_that_waits_holds_no_outcome_back<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        let mut outcomes = pin!(runner.send_all(iter(["a"]).chain(pending())));
        assert!(outcomes.next().await.unwrap().is_ok());
        assert!(poll!(outcomes.next()).is_pending());
    });
}

over_every_storage!(
    outcomes_come_in_the_order_of_the_requests,
    a_full_queue_and_untaken_outcomes_hold_the_stream_back,
    all_of_a_long_stream_gets_through_a_short_queue_beside_other_callers,
    one_who_was_told_of_room_and_left_keeps_nobody_out,
    a_closing_runner_ends_it_with_the_refused_request_and_leaves_the_rest,
    it_can_be_stopped_without_losing_a_request,
    a_stream_that_waits_holds_no_outcome_back,
);
