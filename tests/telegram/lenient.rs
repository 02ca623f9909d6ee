//! An accepted message counts as accepted, however odd its answer is.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use telegram_sender::telegram::TelegramError;

use super::answer_to;
use super::server::Reply;

const ACCEPTED: &str = r#"{"ok":true,"result":{"message_id":7}}"#;

/// Creates an answer with these bytes as its body, and with more headers.
fn body(headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Reply::raw(bytes)
}

#[track_caller]
fn assert_accepted(reply: Reply) {
    assert_eq!(answer_to(reply).unwrap().unwrap().message_id(), 7);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_stands_around_it_does_not_matter() {
    for (before, after) in
        [("\u{feff}", ""), ("\r\n \t", "\r\n\r\n"), ("", "\0"), ("", "<!-- 7 ms -->"), ("\u{feff}\n", "}")]
    {
        assert_accepted(body("", format!("{before}{ACCEPTED}{after}")));
    }
}

#[test]
fn what_comes_twice_does_not_matter() {
    for text in [
        r#"{"ok":true,"ok":true,"result":{"message_id":7}}"#,
        r#"{"ok":true,"result":1,"result":{"message_id":7}}"#,
        r#"{"ok":true,"result":{"message_id":7},"new":1,"new":2}"#,
        r#"{"ok":false,"result":{"message_id":7},"ok":true}"#,
        r#"{"ok":true,"result":{"message_id":7},"ok":false}"#,
    ] {
        assert_accepted(body("", text));
    }
    assert!(answer_to(body("", r#"{"ok":true,"result":1,"result":2}"#)).unwrap().is_ok());
}

#[test]
fn broken_text_does_not_matter() {
    assert_accepted(body("", b"{\"ok\":true,\"result\":{\"message_id\":7,\"text\":\"\xff\"}}"));
    assert_accepted(body("", "{\"ok\":true,\"result\":{\"message_id\":7,\"text\":\"a\nb\"}}"));
}

#[test]
fn gzip_that_was_not_asked_for_is_unpacked() {
    let packed = gzip(ACCEPTED.as_bytes());
    for headers in ["content-encoding: gzip\r\n", "content-encoding: x-gzip\r\n", ""] {
        assert_accepted(body(headers, &packed));
        assert_accepted(body(headers, &packed[..packed.len() - 8]));
    }
    assert_accepted(body("content-encoding: gzip\r\n", ACCEPTED));

    let rejected = gzip(br#"{"ok":false,"error_code":403}"#);
    assert_eq!(answer_to(body("content-encoding: gzip\r\n", rejected)).unwrap().unwrap_err().code, 403);
}

#[test]
fn a_gzip_bomb_is_too_large() {
    const LIMIT: usize = 4 * 1024 * 1024;
    let bomb = gzip(&vec![b' '; LIMIT + 1]);
    assert_eq!(answer_to(body("", bomb)).unwrap_err(), TelegramError::TooLarge(LIMIT));
    let mut fits = ACCEPTED.as_bytes().to_vec();
    fits.resize(LIMIT, b' ');
    assert_accepted(body("", gzip(&fits)));
}

#[test]
fn another_coding_may_have_arrived() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(ACCEPTED.as_bytes()).unwrap();
    let error = answer_to(body("content-encoding: deflate\r\n", encoder.finish().unwrap())).unwrap_err();
    assert_eq!(error, TelegramError::Malformed);
    assert!(error.may_have_arrived());
}

#[test]
fn a_whole_answer_in_a_broken_frame_is_an_answer() {
    for head in ["content-length: 999", "transfer-encoding: chunked"] {
        let chunk =
            if head.contains("chunked") { format!("{:x}\r\n", ACCEPTED.len()) } else { String::new() };
        assert_accepted(
            Reply::raw(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{chunk}{ACCEPTED}")).then_close(),
        );
    }
    let rejected = r#"{"ok":false,"error_code":403}"#;
    let broken = Reply::raw(format!("HTTP/1.1 403 Forbidden\r\ncontent-length: 999\r\n\r\n{rejected}"));
    assert_eq!(answer_to(broken.then_close()).unwrap().unwrap_err().code, 403);
}
