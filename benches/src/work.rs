//! The work that all subjects do: nothing. A message is sent by giving its number back, from an `async fn`, so that what is
//! measured is the way there and back.

use std::hint::black_box;

/// What is sent: 32 bytes, as a chat's number and a text take.
#[derive(Clone, Copy)]
#[expect(dead_code, reason = "who only passes it on reads none of it")]
pub(crate) struct Message {
    number: u64,
    chat: i64,
    text: &'static str,
}

impl Message {
    pub(crate) const fn new(number: u64) -> Self {
        Self { number, chat: -100, text: "hello" }
    }
}

/// Sends nothing; gives the message's number.
#[expect(clippy::unused_async, reason = "a sender is asynchronous")]
pub(crate) async fn send(message: &Message) -> u64 {
    send_now(message)
}

/// Likewise, for a sender whose future has a name.
#[inline]
pub(crate) fn send_now(message: &Message) -> u64 {
    black_box(message).number
}
