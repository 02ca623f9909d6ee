//! Cancels a request at each point of its life.

use crate::common::store::{Store, start, start_built};
use crate::common::{End, Sender, accepted, accepting, all, dropped_sends, ms, now, run, scripted, sent};
use futures::StreamExt;
use telegram_sender::runtime::Timer;
use telegram_sender::testing::Reply;
use telegram_sender::{NoAnswer, RateLimiter, SendError, SenderRunner};

const CANCELLED: End = Err(SendError::NoAnswer(NoAnswer::Cancelled));

fn a_cancelled_request_is_never_sent_and_its_ticket_ends_at_once<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        let first = runner.request("a").await.unwrap();
        let mut second = runner.request("b").await.unwrap();
        let third = runner.request("c").await.unwrap();
        runtime.timer().sleep(ms(50)).await;
        assert!(second.cancel());
        assert!(!second.cancel(), "it has ended already");
        assert_eq!((second.await, now(&runtime)), (CANCELLED, 50));
        assert!(first.await.is_ok());
        assert!(third.await.is_ok());
        assert_eq!(sent(&sender), [(0, "a"), (100, "c")]);
    });
}

fn cancelled_in_flight_the_send_runs_on_and_its_response_is_a_result<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        let mut results = runner.results();
        let mut ticket = runner.request("a").await.unwrap();
        runtime.timer().sleep(ms(50)).await;
        assert!(ticket.cancel() && ticket.may_have_arrived());
        let id = ticket.id();
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::CancelledInFlight)));
        let answer = results.next().await.unwrap();
        assert_eq!((answer.id, answer.response, now(&runtime)), (id, Ok(accepted(0, "a")), 100));
        assert_eq!(dropped_sends(&sender), 0);
    });
}

fn cancelling_an_ended_ticket_keeps_its_outcome<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(100))).await;
        let mut ended = runner.request("a").await.unwrap();
        runtime.timer().sleep(ms(150)).await;
        let mut in_the_end = runner.request("b").await.unwrap();
        assert!(!ended.cancel());
        assert_eq!(ended.await, Ok(accepted(0, "a")));
        runner.close().await;
        assert!(!in_the_end.cancel());
        assert_eq!(in_the_end.await, Ok(accepted(1, "b")));
    });
}

fn a_plain_drop_lets_the_request_be_sent<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        drop(runner.request("a").await.unwrap());
        drop(runner.request("b").await.unwrap());
        runner.close().await;
        assert_eq!(sent(&sender), [(0, "a"), (100, "b")]);
    });
}

fn cancel_on_drop_takes_the_request_back<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        drop(runner.request("a").await.unwrap().cancel_on_drop());
        let first = runner.request("b").await.unwrap().cancel_on_drop();
        let second = runner.request("c").await.unwrap().cancel_on_drop();
        runtime.timer().sleep(ms(50)).await;
        drop(second);
        assert_eq!(first.await, Ok(accepted(0, "b")));
        runner.close().await;
        assert_eq!(sent(&sender), [(0, "b")]);
    });
}

fn a_late_cancel_skips_no_other_request<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept().after(ms(100))]);
        let runner = start::<S, _>(&runtime, &sender).await;
        // Cancelled in flight: the notice finds nothing to skip.
        for request in ["a", "b", "c"] {
            let mut ticket = runner.request(request).await.unwrap();
            runtime.timer().sleep(ms(50)).await;
            ticket.cancel();
            runtime.timer().sleep(ms(100)).await;
        }
        runner.close().await;
        assert_eq!(sent(&sender).len(), 3);
    });
}

fn a_cancelled_request_does_not_come_back_from_abort<S: Store<Sender>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &scripted(&runtime, [Reply::hang().after(ms(1))])).await;
        drop(runner.request("in flight").await.unwrap());
        let mut cancelled = runner.request("cancelled").await.unwrap();
        let queued = runner.request("queued").await.unwrap();
        runtime.timer().sleep(ms(5)).await;
        cancelled.cancel();
        assert_eq!(all(runner.abort().await), ["queued"]);
        assert!(queued.await.is_err());
        assert_eq!(cancelled.await, CANCELLED);
    });
}

fn nor_does_one_that_is_cancelled_while_it_waits_in_its_turn<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(0));
        let limiter = RateLimiter::new(1, ms(1000)).unwrap();
        let builder = SenderRunner::builder(sender.clone()).strategy(limiter);
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        drop(runner.request("sent").await.unwrap());
        let mut waits = runner.request("waits").await.unwrap();
        runtime.timer().sleep(ms(5)).await;
        waits.cancel();
        runtime.timer().sleep(ms(5)).await;
        assert_eq!(all(runner.abort().await), [""; 0]);
        assert_eq!((runner.stats().cancelled, runner.stats().unsent), (1, 0));
        assert_eq!(sent(&sender), [(0, "sent")]);
    });
}

fn a_dropped_request_future_has_enqueued_nothing<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start_built::<S, _, _>(
            &runtime,
            SenderRunner::builder(sender.clone()).queue_capacity(1).unwrap(),
        )
        .await;
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.request("b").await.unwrap());
        {
            let waiting = std::pin::pin!(runner.request("c"));
            assert!(futures::poll!(waiting).is_pending());
        }
        runner.close().await;
        assert_eq!(sent(&sender), [(0, "a"), (100, "b")]);
    });
}

over_every_storage!(
    a_cancelled_request_is_never_sent_and_its_ticket_ends_at_once,
    cancelled_in_flight_the_send_runs_on_and_its_response_is_a_result,
    cancelling_an_ended_ticket_keeps_its_outcome,
    a_plain_drop_lets_the_request_be_sent,
    cancel_on_drop_takes_the_request_back,
    a_late_cancel_skips_no_other_request,
    a_cancelled_request_does_not_come_back_from_abort,
    nor_does_one_that_is_cancelled_while_it_waits_in_its_turn,
    a_dropped_request_future_has_enqueued_nothing,
);
