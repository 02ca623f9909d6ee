//! The Telegram sender against a small server on the loopback interface, over real TCP and TLS. Each runtime runs
//! these tests in its own binary, which names the runtime.

mod abandoned;
mod answers;
mod calls;
mod connections;
mod delivery;
mod early;
mod lenient;
mod own;
mod raw;
mod resent;
mod runner;
mod secrecy;
pub(crate) mod server;
mod taken;
mod tls;

use std::time::Duration;

use serde_json::json;
use server::{Reply, Server};
use smol::future::or;
use telegram_sender::MessageSender as _;
use telegram_sender::runtime::Timer as _;
use telegram_sender::telegram::TelegramSenderBuilder;
use telegram_sender::telegram::{
    BotToken, MessageRequest, SentMessage, TelegramError, TelegramRejection, TelegramSender,
};

use crate::{RUNTIME, block_on};

const TOKEN: &str = "123456789:S3CR3T-t0ken_of_these_tests";
const SECRET: &str = "S3CR3T-t0ken_of_these_tests";

fn token() -> BotToken {
    BotToken::new(TOKEN).unwrap()
}

/// Returns a builder for a sender to `url` that does not check the token when it is opened.
fn builder(url: &str) -> TelegramSenderBuilder {
    TelegramSender::builder(token()).base_url(url).unwrap().verify_token(false)
}

pub(crate) fn sender(server: &Server) -> TelegramSender {
    builder(&server.url()).build_on(RUNTIME)
}

pub(crate) fn hello() -> MessageRequest {
    MessageRequest::text(42, "hello").unwrap()
}

/// Creates the reply that accepts a message with this id.
pub(crate) fn accepted(message_id: i32) -> Reply {
    let chat = json!({ "id": 42, "type": "private", "first_name": "A" });
    Reply::json(
        200,
        &json!({ "ok": true, "result": { "message_id": message_id, "date": 1, "chat": chat, "text": "hello" } }),
    )
}

/// Sends one message to a server that has this one reply.
fn answer_to(reply: Reply) -> Result<Result<SentMessage, TelegramRejection>, TelegramError> {
    let server = Server::start([reply]);
    within(sender(&server).send_message(&hello()))
}

/// Runs `future`, and fails a test that hangs.
fn within<T>(future: impl Future<Output = T>) -> T {
    block_on(or(future, async {
        RUNTIME.sleep(Duration::from_secs(30)).await;
        panic!("the test hangs");
    }))
}
