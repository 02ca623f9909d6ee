//! How each kind of answer is read: as a message, a rejection, or an error.

use std::time::Duration;

use serde_json::json;
use telegram_sender::MessageSender as _;
use telegram_sender::telegram::{RejectionKind, TelegramError, TelegramRejection, TelegramSender};

use super::answer_to;
use super::server::Reply;

fn rejection(status: u16, code: u16, description: &str) -> TelegramRejection {
    let body = json!({ "ok": false, "error_code": code, "description": description });
    answer_to(Reply::json(status, &body)).unwrap().unwrap_err()
}

#[test]
fn a_flood_wait_says_how_long() {
    let body = json!({
        "ok": false,
        "error_code": 429,
        "description": "Too Many Requests: retry after 35",
        "parameters": { "retry_after": 35 },
    });
    let rejection = answer_to(Reply::json(429, &body)).unwrap().unwrap_err();
    assert_eq!(rejection.kind(), RejectionKind::FloodWait);
    assert_eq!(TelegramSender::retry_after(&rejection), Some(Duration::from_secs(35)));
    assert_eq!(rejection.to_string(), "429 Too Many Requests: retry after 35");
}

#[test]
fn a_group_that_moved_says_where_to() {
    let body = json!({
        "ok": false,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": { "migrate_to_chat_id": -1_001_234_567_890_i64 },
    });
    let rejection = answer_to(Reply::json(400, &body)).unwrap().unwrap_err();
    assert_eq!(rejection.migrate_to_chat_id, Some(-1_001_234_567_890));
    assert_eq!(rejection.kind(), RejectionKind::Migrated);
    assert_eq!(TelegramSender::retry_after(&rejection), None);
}

#[test]
fn refusals_are_permanent() {
    for (code, kind) in [
        (400, RejectionKind::Refused),
        (401, RejectionKind::Unauthorized),
        (403, RejectionKind::Refused),
        (404, RejectionKind::Unauthorized),
    ] {
        let rejection = rejection(code, code, "No");
        assert_eq!((rejection.code, rejection.kind()), (code, kind));
        assert!(rejection.is_permanent());
    }
}

#[test]
fn the_body_decides_and_not_the_status() {
    assert_eq!(rejection(500, 500, "Internal").kind(), RejectionKind::ServerFault);
    assert_eq!(rejection(200, 403, "Forbidden").code, 403);
    let accepted = Reply::json(500, &json!({ "ok": true, "result": { "message_id": 3 } }));
    assert_eq!(answer_to(accepted).unwrap().unwrap().message_id(), 3);
}

#[test]
fn an_accepted_message_is_never_an_error() {
    for result in [json!(null), json!(true), json!({ "message_id": 5, "date": "tomorrow", "chat": [] })] {
        let message = answer_to(Reply::json(200, &json!({ "ok": true, "result": result }))).unwrap().unwrap();
        assert_eq!(message.raw(), result.to_string());
        assert_eq!(message.message_id(), if result.is_object() { 5 } else { 0 });
        assert!(message.message().is_err());
    }
}

#[test]
fn a_page_of_a_proxy_is_its_status() {
    for (status, may_have_arrived) in [(301, false), (403, false), (413, false), (502, true), (504, true)] {
        let error = answer_to(Reply::html(status, "<html>Bad Gateway</html>")).unwrap_err();
        assert_eq!(error, TelegramError::Status(status));
        assert_eq!(error.may_have_arrived(), may_have_arrived);
    }
}

#[test]
fn what_is_not_the_bot_apis_is_malformed() {
    for body in ["", "<html>Welcome</html>", "{}", "{\"ok\":true,"] {
        assert_eq!(answer_to(Reply::html(200, body)).unwrap_err(), TelegramError::Malformed);
    }
    let no_http = answer_to(Reply::raw("SSH-2.0-OpenSSH_9.9\r\n\r\n").then_close()).unwrap_err();
    assert_eq!(no_http, TelegramError::Malformed);
    assert!(no_http.may_have_arrived());
}

#[test]
fn a_huge_answer_is_not_read_to_its_end() {
    const LIMIT: usize = 4 * 1024 * 1024;
    let huge = " ".repeat(LIMIT + 1);
    assert_eq!(answer_to(Reply::html(200, &huge)).unwrap_err(), TelegramError::TooLarge(LIMIT));
    assert_eq!(answer_to(Reply::html(502, &huge)).unwrap_err(), TelegramError::Status(502));
    // Without a length, the client can only read and count.
    let endless = Reply::raw(format!("HTTP/1.1 200 OK\r\n\r\n{huge}")).then_close();
    assert_eq!(answer_to(endless).unwrap_err(), TelegramError::TooLarge(LIMIT));
    // The longest answer that is read.
    let mut fits = json!({ "ok": true }).to_string();
    fits.push_str(&" ".repeat(LIMIT - fits.len()));
    assert!(answer_to(Reply::html(200, &fits)).unwrap().is_ok());
}
