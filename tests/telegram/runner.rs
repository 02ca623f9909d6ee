//! The sender in a runner, with strategies.

use std::time::{Duration, Instant};

use serde_json::json;
use telegram_sender::telegram::{TelegramError, TelegramSender};
use telegram_sender::{NoAnswer, Retry, SendError, SenderRunner, Timeout};

use super::server::{Reply, Server};
use super::{RUNTIME, accepted, hello, sender, token, within};

fn me() -> Reply {
    Reply::json(200, &json!({ "ok": true, "result": { "id": 123_456_789, "is_bot": true } }))
}

/// Waits a second of real time: the Bot API's waits are whole seconds.
#[test]
fn a_flood_wait_is_served_and_the_message_sent() {
    let flood = json!({
        "ok": false,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": { "retry_after": 1 },
    });
    let server = Server::start([me(), Reply::json(429, &flood), accepted(5), accepted(6)]);
    let sender = TelegramSender::builder(token()).base_url(&server.url()).unwrap().build_on(RUNTIME);
    within(async {
        // Telegram's wait counts, not the schedule's much longer one.
        let retry = Retry::new(1, Duration::from_secs(3600));
        let runner =
            SenderRunner::builder(sender).strategy(retry).prepare(RUNTIME).start(RUNTIME).await.unwrap();
        let start = Instant::now();
        let first = runner.request(hello()).await.unwrap();
        let second = runner.request(hello()).await.unwrap();
        assert_eq!(first.await.unwrap().message_id(), 5);
        assert!(start.elapsed() >= Duration::from_secs(1));
        assert_eq!(second.await.unwrap().message_id(), 6);
        runner.close().await;
        assert_eq!(server.closed.recv().await.unwrap(), 0);
    });
    assert_eq!(server.seen.len(), 4);
}

#[test]
fn a_rejection_fails_the_ticket_and_is_a_result() {
    let blocked = json!({ "ok": false, "error_code": 403, "description": "Forbidden: bot was blocked" });
    let server = Server::start([Reply::json(403, &blocked)]);
    within(async {
        let runner = SenderRunner::builder(sender(&server)).prepare(RUNTIME).start(RUNTIME).await.unwrap();
        let _results = runner.results();
        let ticket = runner.request(hello()).await.unwrap();
        let Err(SendError::Rejected(rejection)) = ticket.await else { panic!("not rejected") };
        assert_eq!(rejection.code, 403);
        assert_eq!(runner.result().await.unwrap().response, Err(rejection));
        runner.close().await;
    });
}

#[test]
fn a_wrong_token_fails_the_start() {
    let unauthorized = json!({ "ok": false, "error_code": 401, "description": "Unauthorized" });
    let server = Server::start([Reply::json(401, &unauthorized)]);
    let sender = TelegramSender::builder(token()).base_url(&server.url()).unwrap().build_on(RUNTIME);
    let error = within(SenderRunner::builder(sender).prepare(RUNTIME).start(RUNTIME)).unwrap_err();
    assert!(matches!(&error, TelegramError::Rejected(rejection) if rejection.is_unauthorized()));
    assert_eq!(
        error.to_string(),
        "Telegram does not know the token (401 Unauthorized); check it with @BotFather"
    );
}

#[test]
fn a_server_that_says_nothing_is_left_when_time_is_up() {
    let server = Server::start([Reply::silence(), accepted(2)]);
    within(async {
        let runner = SenderRunner::builder(sender(&server))
            .strategy(Timeout::new(Duration::from_millis(300)).unwrap())
            .prepare(RUNTIME)
            .start(RUNTIME)
            .await
            .unwrap();
        let ticket = runner.request(hello()).await.unwrap();
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::TimedOut)));
        assert_eq!(server.closed.recv().await.unwrap(), 0);
        assert_eq!(runner.request(hello()).await.unwrap().await.unwrap().message_id(), 2);
        runner.close().await;
    });
}
