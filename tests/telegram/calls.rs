//! Requests on the wire: method, path, headers, JSON.

use serde_json::json;
use telegram_sender::MessageSender as _;
use telegram_sender::telegram::{Media, MessageRequest, ParseMode, ReplyParameters, TelegramSender};

use super::server::{Reply, Server};
use super::{RUNTIME, TOKEN, accepted, builder, hello, sender, token, within};

#[test]
fn a_message_is_posted_as_json_and_its_answer_read() {
    let server = Server::start([accepted(7)]);
    let request = MessageRequest::text("@channel", "*hi*")
        .unwrap()
        .parse_mode(ParseMode::MarkdownV2)
        .reply_parameters(ReplyParameters::builder().message_id(3).chat_id(-5_i64).build())
        .silent(true)
        .no_link_preview()
        .extra("protect_content", true)
        .unwrap();
    let message = within(sender(&server).send_message(&request)).unwrap().unwrap();
    assert_eq!((message.message_id(), message.chat_id()), (7, Some(42)));
    assert_eq!(message.message().unwrap().text.as_deref(), Some("hello"));

    let seen = server.request();
    assert_eq!(seen.line, format!("POST /bot{TOKEN}/sendMessage HTTP/1.1"));
    assert_eq!(seen.headers["host"], format!("127.0.0.1:{}", server.port()));
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(seen.headers["user-agent"], concat!("telegram-sender/", env!("CARGO_PKG_VERSION")));
    assert_eq!(seen.headers["content-length"], seen.body.to_string().len().to_string());
    assert!(!seen.headers.contains_key("transfer-encoding"));
    let body = json!({
        "chat_id": "@channel",
        "text": "*hi*",
        "parse_mode": "MarkdownV2",
        "reply_parameters": { "message_id": 3, "chat_id": -5 },
        "disable_notification": true,
        "link_preview_options": { "is_disabled": true },
        "protect_content": true,
    });
    assert_eq!(seen.body, body);
}

#[test]
fn media_go_to_their_methods() {
    let server = Server::start([accepted(1), accepted(2)]);
    let sender = sender(&server);
    let photo = Media::Photo("https://example.com/cat.jpg".into());
    let photo = MessageRequest::media(42, photo).unwrap().caption("a cat").unwrap();
    let sticker = MessageRequest::media(42, Media::Sticker("CAACAgIA".into())).unwrap();
    within(async {
        sender.send_message(&photo).await.unwrap().unwrap();
        sender.send_message(&sticker).await.unwrap().unwrap();
    });
    let (photo, sticker) = (server.request(), server.request());
    assert_eq!(photo.line, format!("POST /bot{TOKEN}/sendPhoto HTTP/1.1"));
    assert_eq!(
        photo.body,
        json!({ "chat_id": 42, "photo": "https://example.com/cat.jpg", "caption": "a cat" })
    );
    assert_eq!(sticker.line, format!("POST /bot{TOKEN}/sendSticker HTTP/1.1"));
    assert_eq!(sticker.body, json!({ "chat_id": 42, "sticker": "CAACAgIA" }));
}

#[test]
fn a_base_url_may_have_a_prefix() {
    let server = Server::start([accepted(1)]);
    let sender = builder(&format!("{}/tg/api/", server.url())).build_on(RUNTIME);
    within(sender.send_message(&hello())).unwrap().unwrap();
    assert_eq!(server.request().line, format!("POST /tg/api/bot{TOKEN}/sendMessage HTTP/1.1"));
}

#[test]
fn opening_asks_for_the_token() {
    let server = Server::start([Reply::json(200, &json!({ "ok": true, "result": { "id": 1 } }))]);
    let sender = TelegramSender::builder(token()).base_url(&server.url()).unwrap().build_on(RUNTIME);
    within(sender.open()).unwrap();
    let seen = server.request();
    assert_eq!(seen.line, format!("POST /bot{TOKEN}/getMe HTTP/1.1"));
    assert_eq!(seen.body, json!({}));
}

#[test]
fn opening_without_that_asks_nothing() {
    let server = Server::start([]);
    within(sender(&server).open()).unwrap();
    assert!(server.seen.is_empty());
}
