//! Requests that a runner sends again by itself, and those that it does not.

use std::time::Duration;

use serde_json::json;
use telegram_sender::{Retry, SendError, SenderRunner, Timeout};

use super::server::{Reply, Server};
use super::{RUNTIME, builder, hello, own, sender, within};

/// Returns how often a message with this answer is sent, with retries.
fn sends(reply: &Reply) -> usize {
    let server = Server::start((0..6).map(|_| reply.clone()));
    within(async {
        let retry = Retry::new(2, Duration::from_millis(1));
        let runner = SenderRunner::builder(sender(&server))
            .strategy(retry)
            .prepare(RUNTIME)
            .start(RUNTIME)
            .await
            .unwrap();
        assert!(runner.request(hello()).await.unwrap().await.is_err());
        runner.close().await;
    });
    server.seen.len()
}

#[test]
fn what_may_have_been_taken_is_sent_once() {
    for code in [500, 502, 504] {
        assert_eq!(sends(&Reply::json(code, &json!({ "ok": false, "error_code": code }))), 1, "{code}");
    }
    assert_eq!(sends(&Reply::json(200, &json!({ "ok": false }))), 1);
    for status in [302, 303, 408, 499, 502] {
        assert_eq!(sends(&Reply::html(status, "<html>")), 1, "{status}");
    }
}

/// Every connect hangs.
#[test]
fn what_timed_out_while_connecting_is_sent_again() {
    let connector = own::Connector::new(|_| unreachable!("no connect ends")).at_most(0);
    within(async {
        let sender = builder("http://any.test").build_with(connector.clone(), own::Threads);
        let runner = SenderRunner::builder(sender)
            .strategy(Timeout::new(Duration::from_millis(20)).unwrap())
            .strategy(Retry::new(2, Duration::from_millis(1)))
            .prepare(RUNTIME)
            .start(RUNTIME)
            .await
            .unwrap();
        let Err(SendError::NoAnswer(why)) = runner.request(hello()).await.unwrap().await else {
            panic!("answered")
        };
        assert!(!why.may_have_arrived(), "{why:?}");
        runner.close().await;
    });
    assert_eq!(connector.connects(), 3);
}
