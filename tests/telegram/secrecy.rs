//! The token is never shown, whatever goes wrong and whichever side repeats it.

use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::io;

use serde_json::json;
use telegram_sender::telegram::{MessageRequest, TelegramError, TelegramSender};
use telegram_sender::{MessageSender as _, SenderRunner};

use super::own;
use super::raw::Refusing;
use super::server::{Reply, Server};
use super::tls::authority;
use super::{RUNTIME, SECRET, TOKEN, answer_to, builder, hello, sender, token, within};

/// Returns all that an error can show: its own texts and those of its sources, for people and for developers.
fn shown(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        write!(text, "{error} {error:?} {error:#?} ").unwrap();
        next = error.source();
    }
    text
}

#[track_caller]
fn assert_hidden(text: &str) {
    assert!(!text.contains(SECRET), "{text}");
}

#[track_caller]
fn assert_error_hides(error: &TelegramError) {
    assert_hidden(&shown(error));
    let (no_answer, kind) = (telegram_sender::NoAnswer::Failed(error.clone()), error);
    assert_hidden(&format!("{no_answer} {no_answer:?} {kind:?}"));
}

#[test]
fn failures_to_connect_hide_it() {
    let refusing = Refusing::new();
    let plain = Server::start([Reply::raw(format!("HTTP/1.1 400 {TOKEN}\r\n\r\n")).then_close()]);
    let untrusted = Server::start_tls(authority("127.0.0.1").1, []);
    for url in [
        format!("http://{}", refusing.address()),
        format!("https://{}", refusing.address()),
        "https://bot-api.invalid".to_owned(),
        format!("https://127.0.0.1:{}", plain.port()),
        untrusted.url(),
    ] {
        let error = within(builder(&url).build_on(RUNTIME).send_message(&hello())).unwrap_err();
        assert!(error.is_connect(), "{url}: {error:?}");
        assert_error_hides(&error);
    }
}

#[test]
fn a_connector_that_says_it_is_silenced() {
    const SAYS: &str = "no way to /bot123456789:S3CR3T-t0ken_of_these_tests/sendMessage";
    let connector = own::Connector::new(|_| Err(io::Error::other(SAYS)));
    let sender = builder("http://any.test").build_with(connector, own::Threads);
    let error = within(sender.send_message(&hello())).unwrap_err();
    assert_error_hides(&error);
    assert!(error.to_string().contains("no way to /bot[token]/sendMessage"), "{error}");
}

#[test]
fn servers_that_repeat_it_are_silenced() {
    let path = format!("/bot{TOKEN}/sendMessage");
    let long = path.repeat(200_000);
    let replies = [
        Reply::html(502, &format!("no gateway for {path}")),
        Reply::html(404, &format!("no {path} here")),
        Reply::html(200, &format!("welcome to {path}")),
        Reply::html(200, &long),
        Reply::raw(format!("HTTP/1.1 302 {path}\r\nlocation: https://h{path}\r\ncontent-length: 0\r\n\r\n")),
        Reply::raw(format!("{path} HTTP/1.1\r\n\r\n")).then_close(),
        Reply::raw(format!("HTTP/1.1 200 OK\r\n{path}\r\n\r\n")).then_close(),
        Reply::raw(format!("HTTP/1.1 200 OK\r\nx-path: {path}\r\ncontent-length: {path}\r\n\r\n"))
            .then_close(),
        Reply::raw(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{path}\r\n")).then_close(),
        Reply::raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{path}")).then_close(),
        Reply::raw("").then_close(),
        Reply::raw(path.clone()).then_close(),
    ];
    for reply in replies {
        assert_error_hides(&answer_to(reply).unwrap_err());
    }
}

#[test]
fn rejections_and_messages_hide_it() {
    let says = format!("Not Found: /bot{TOKEN}/sendMessage; {SECRET}");
    let rejected = Reply::json(404, &json!({ "ok": false, "error_code": 404, "description": says }));
    let rejection = answer_to(rejected.clone()).unwrap().unwrap_err();
    assert_hidden(&shown(&rejection));
    assert_eq!(rejection.description, "Not Found: /bot[token]/sendMessage; [token]");

    let server = Server::start([rejected]);
    let sender = TelegramSender::builder(token()).base_url(&server.url()).unwrap().build_on(RUNTIME);
    let error = within(SenderRunner::builder(sender).prepare(RUNTIME).start(RUNTIME)).unwrap_err();
    assert!(matches!(error, TelegramError::Rejected(_)));
    assert_error_hides(&error);

    let accepted = Reply::json(200, &json!({ "ok": true, "result": { "message_id": 1, "text": says } }));
    assert_hidden(&format!("{:?}", answer_to(accepted).unwrap().unwrap()));
}

#[test]
fn senders_and_builders_hide_it() {
    let server = Server::start([]);
    let sender = sender(&server);
    let builder = builder(&server.url());
    let debug = |value: &dyn Debug| format!("{value:?} {value:#?}");
    assert!(debug(&sender).contains(&server.url()));
    assert!(debug(&builder).contains(&server.url()));
    for text in [debug(&sender), debug(&builder), debug(&token()), debug(&hello())] {
        assert_hidden(&text);
    }
    let refused = TelegramSender::builder(token()).base_url(&format!("https://h/bot{TOKEN}")).unwrap_err();
    assert_hidden(&shown(&refused));
    assert_hidden(&shown(&MessageRequest::text(TOKEN, "hi").unwrap_err()));
}
