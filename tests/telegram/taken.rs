//! Faults that may come after the server took the message: they never count as "not taken".

use serde_json::{Value, json};
use telegram_sender::MessageSender as _;
use telegram_sender::telegram::{RejectionKind, TelegramError, TelegramRejection, TelegramSender};

use super::answer_to;
use super::server::Reply;

fn rejection(status: u16, body: &Value) -> TelegramRejection {
    answer_to(Reply::json(status, body)).unwrap().unwrap_err()
}

fn may_have_been_taken(status: u16, body: &Value) -> bool {
    TelegramSender::may_have_been_taken(&rejection(status, body))
}

#[test]
fn a_fault_of_the_server_may_come_after_the_message_was_taken() {
    for code in [500, 501, 502, 503, 504, 520, 599] {
        for status in [200, 400, code] {
            assert!(
                may_have_been_taken(status, &json!({ "ok": false, "error_code": code })),
                "{status} {code}"
            );
        }
        assert!(may_have_been_taken(code, &json!({ "ok": false })), "{code}");
        assert!(may_have_been_taken(code, &json!({ "ok": false, "error_code": "unknown" })), "{code}");
        assert!(may_have_been_taken(200, &json!({ "ok": false, "error_code": code.to_string() })), "{code}");
    }
}

#[test]
fn a_refusal_says_that_the_message_was_not_taken() {
    for code in [400, 401, 403, 404, 413, 429] {
        for status in [200, 502, code] {
            assert!(
                !may_have_been_taken(status, &json!({ "ok": false, "error_code": code })),
                "{status} {code}"
            );
        }
        assert!(!may_have_been_taken(code, &json!({ "ok": false })), "{code}");
    }
    for (name, value) in [("retry_after", 3), ("migrate_to_chat_id", -5)] {
        let body = json!({ "ok": false, "error_code": 502, "parameters": { name: value } });
        assert!(!may_have_been_taken(502, &body), "{name}");
    }
}

#[test]
fn a_rejection_without_a_reason_is_not_sent_again() {
    let rejection = rejection(200, &json!({ "ok": false }));
    assert_eq!((rejection.code, rejection.kind()), (200, RejectionKind::Unknown));
    assert!(TelegramSender::is_final(&rejection) && TelegramSender::may_have_been_taken(&rejection));
    assert_eq!(TelegramSender::retry_after(&rejection), None);
}

#[test]
fn a_page_may_follow_a_message_that_was_taken_unless_its_status_says_otherwise() {
    for (status, may_have_arrived) in [
        (300, true),
        (301, false),
        (302, true),
        (303, true),
        (307, false),
        (308, false),
        (400, false),
        (401, false),
        (403, false),
        (404, false),
        (406, true),
        (407, false),
        (408, true),
        (409, true),
        (413, false),
        (429, false),
        (460, true),
        (499, true),
        (500, true),
        (503, true),
        (599, true),
        (999, true),
    ] {
        for page in ["", "<html>Sorry</html>", r#"{"error":"sorry"}"#] {
            let error = answer_to(Reply::html(status, page)).unwrap_err();
            assert_eq!(error, TelegramError::Status(status));
            assert_eq!(TelegramSender::may_have_arrived(&error), may_have_arrived, "{status}");
        }
    }
}

#[test]
fn a_page_without_its_end_is_its_status() {
    for (status, may_have_arrived) in [(413, false), (502, true)] {
        let half = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 50\r\n\r\n<html>");
        let error = answer_to(Reply::raw(half).then_close()).unwrap_err();
        assert_eq!(error, TelegramError::Status(status));
        assert_eq!(error.may_have_arrived(), may_have_arrived);
    }
}
