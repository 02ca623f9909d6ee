//! Answers that come before the whole request was read, and interim answers.

use std::io::Write as _;
use std::net::TcpListener;

use serde_json::json;
use telegram_sender::MessageSender as _;
use telegram_sender::telegram::TelegramError;

use super::raw::{HUGE, Raw, accept, huge, read_head, read_to_end};
use super::server::{Reply, Server};
use super::{RUNTIME, accepted, answer_to, builder, hello, sender, within};

/// Creates a server function. It answers the head of the first request with `early`, serves a second connection with
/// `accepted(2)`, and returns how much more of the first request came before the client left.
fn impatient(early: Reply) -> impl FnOnce(&TcpListener) -> usize + Send + 'static {
    move |listener| {
        let mut stream = accept(listener);
        read_head(&mut stream);
        stream.write_all(early.bytes()).unwrap();
        let mut second = accept(listener);
        read_head(&mut second);
        second.write_all(accepted(2).bytes()).unwrap();
        read_to_end(&mut stream)
    }
}

fn too_large() -> Reply {
    Reply::html(413, "<html>Request Entity Too Large</html>")
}

#[test]
fn a_request_that_was_answered_early_does_not_keep_its_connection() {
    let server = Raw::start(impatient(too_large()));
    let sender = builder(&server.url()).build_on(RUNTIME);
    within(async {
        let error = sender.send_message(&huge()).await.unwrap_err();
        assert_eq!(error, TelegramError::Status(413));
        assert!(!error.may_have_arrived());
        // On the first connection, behind the rest of the first request, it would never be read.
        assert_eq!(sender.send_message(&hello()).await.unwrap().unwrap().message_id(), 2);
        assert!(server.outcome.recv().await.unwrap() < HUGE);
    });
}

#[test]
fn an_early_answer_is_an_answer() {
    let rejected = Reply::json(413, &json!({ "ok": false, "error_code": 413 }));
    let server = Raw::start(impatient(rejected));
    let rejection =
        within(builder(&server.url()).build_on(RUNTIME).send_message(&huge())).unwrap().unwrap_err();
    assert!(rejection.code == 413 && !rejection.may_have_been_taken());

    let server = Raw::start(impatient(accepted(7)));
    let sent = within(builder(&server.url()).build_on(RUNTIME).send_message(&huge())).unwrap().unwrap();
    assert_eq!(sent.message_id(), 7);
}

/// The system resets a connection that is closed with bytes unread, so the client may fail to write before it reads.
#[test]
fn an_early_answer_is_heard_though_writing_fails() {
    for _ in 0..3 {
        let server = Raw::start(|listener| {
            let mut stream = accept(listener);
            read_head(&mut stream);
            stream.write_all(too_large().bytes()).unwrap();
        });
        let error = within(builder(&server.url()).build_on(RUNTIME).send_message(&huge())).unwrap_err();
        assert_eq!(error, TelegramError::Status(413));
    }
}

#[test]
fn a_connection_that_breaks_while_writing_may_have_arrived() {
    let server = Raw::start(|listener| read_head(&mut accept(listener)));
    let error = within(builder(&server.url()).build_on(RUNTIME).send_message(&huge())).unwrap_err();
    assert!(matches!(&error, TelegramError::Disconnected { sent: true, .. }), "{error:?}");
}

#[test]
fn interim_answers_are_skipped() {
    let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".to_vec();
    bytes.extend_from_slice(accepted(7).bytes());
    assert_eq!(answer_to(Reply::raw(bytes)).unwrap().unwrap().message_id(), 7);
}

#[test]
fn an_interim_answer_alone_may_have_arrived() {
    let error = answer_to(Reply::raw("HTTP/1.1 100 Continue\r\n\r\n").then_close()).unwrap_err();
    assert!(error.may_have_arrived(), "{error:?}");
}

#[test]
fn another_protocol_is_no_answer_and_not_spoken() {
    let other = Reply::raw("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    let server = Server::start([other, accepted(2)]);
    let sender = sender(&server);
    within(async {
        let error = sender.send_message(&hello()).await.unwrap_err();
        assert_eq!(error, TelegramError::Status(101));
        assert!(error.may_have_arrived());
        assert_eq!(sender.send_message(&hello()).await.unwrap().unwrap().message_id(), 2);
    });
    assert_eq!([server.request().connection, server.request().connection], [0, 1]);
}
