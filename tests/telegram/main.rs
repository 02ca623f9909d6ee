//! The Telegram sender against a small server on the loopback interface, over real TCP and TLS.

mod answers;
mod calls;
mod connections;
mod own;
mod runner;
mod secrecy;
mod server;
mod tls;

use std::time::Duration;

use serde_json::json;
use server::{Reply, Server};
use telegram_sender::telegram::{
    BotToken, MessageRequest, SentMessage, TelegramError, TelegramRejection, TelegramSender,
};
use telegram_sender::{MessageSender as _, telegram::TelegramSenderBuilder};

const TOKEN: &str = "123456789:S3CR3T-t0ken_of_these_tests";
const SECRET: &str = "S3CR3T-t0ken_of_these_tests";

fn token() -> BotToken {
    BotToken::new(TOKEN).unwrap()
}

/// A builder for a sender to `url` that does not ask for the token when it is opened.
fn builder(url: &str) -> TelegramSenderBuilder {
    TelegramSender::builder(token()).base_url(url).unwrap().verify_token(false)
}

fn sender(server: &Server) -> TelegramSender {
    builder(&server.url()).build()
}

fn hello() -> MessageRequest {
    MessageRequest::text(42, "hello").unwrap()
}

/// An accepted message with this id.
fn accepted(message_id: i32) -> Reply {
    let chat = json!({ "id": 42, "type": "private", "first_name": "A" });
    Reply::json(
        200,
        &json!({ "ok": true, "result": { "message_id": message_id, "date": 1, "chat": chat, "text": "hello" } }),
    )
}

/// Sends one message to a server that gives this one reply.
fn answer_to(reply: Reply) -> Result<Result<SentMessage, TelegramRejection>, TelegramError> {
    let server = Server::start([reply]);
    within(sender(&server).send_message(&hello()))
}

/// Runs `future`, and fails a test that hangs.
fn within<T>(future: impl Future<Output = T>) -> T {
    smol::block_on(smol::future::or(future, async {
        smol::Timer::after(Duration::from_secs(30)).await;
        panic!("the test hangs");
    }))
}
