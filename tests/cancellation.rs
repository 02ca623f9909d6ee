//! Taking a request back, at each point of its life.

mod common;

use common::{End, accepted, accepting, dropped_sends, ms, now, run, scripted, sent, start};
use futures::StreamExt;
use telegram_sender::testing::Reply;
use telegram_sender::{NoAnswer, SendError, Timer};

const CANCELLED: End = Err(SendError::NoAnswer(NoAnswer::Cancelled));

#[test]
fn a_cancelled_request_is_never_sent_and_its_ticket_ends_at_once() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start(&runtime, &sender).await;
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

#[test]
fn cancelled_in_flight_the_send_runs_on_and_its_response_is_a_result() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start(&runtime, &sender).await;
        let mut results = runner.results();
        let mut ticket = runner.request("a").await.unwrap();
        runtime.timer().sleep(ms(50)).await;
        assert!(ticket.cancel());
        let id = ticket.id();
        assert_eq!(ticket.await, CANCELLED);
        let answer = results.next().await.unwrap();
        assert_eq!((answer.id, answer.response, now(&runtime)), (id, Ok(accepted(0, "a")), 100));
        assert_eq!(dropped_sends(&sender), 0);
    });
}

#[test]
fn cancelling_an_ended_ticket_keeps_its_outcome() {
    run(|runtime| async move {
        let runner = start(&runtime, &accepting(&runtime, ms(100))).await;
        let mut ticket = runner.request("a").await.unwrap();
        runner.close().await;
        assert!(!ticket.cancel());
        assert_eq!(ticket.await, Ok(accepted(0, "a")));
    });
}

#[test]
fn a_plain_drop_lets_the_request_be_sent() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start(&runtime, &sender).await;
        drop(runner.request("a").await.unwrap());
        drop(runner.request("b").await.unwrap());
        runner.close().await;
        assert_eq!(sent(&sender), [(0, "a"), (100, "b")]);
    });
}

#[test]
fn cancel_on_drop_takes_the_request_back() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start(&runtime, &sender).await;
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

#[test]
fn a_late_cancel_skips_no_other_request() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept().after(ms(100))]);
        let runner = start(&runtime, &sender).await;
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

#[test]
fn a_cancelled_request_does_not_come_back_from_abort() {
    run(|runtime| async move {
        let runner = start(&runtime, &scripted(&runtime, [Reply::hang().after(ms(1))])).await;
        drop(runner.request("in flight").await.unwrap());
        let mut cancelled = runner.request("cancelled").await.unwrap();
        let queued = runner.request("queued").await.unwrap();
        runtime.timer().sleep(ms(5)).await;
        cancelled.cancel();
        assert_eq!(runner.abort().await, ["queued"]);
        assert!(queued.await.is_err());
        assert_eq!(cancelled.await, CANCELLED);
    });
}

#[test]
fn a_dropped_request_future_has_enqueued_nothing() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = telegram_sender::SenderRunner::builder(sender.clone())
            .queue_capacity(1)
            .unwrap()
            .prepare(runtime.timer())
            .start(&runtime)
            .await
            .unwrap();
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
