//! The work that all subjects do: nothing. An `async fn` returns the message's number, so that only the way there
//! and back is measured.

use std::hint::black_box;

/// A message of 32 bytes: its number, a chat's number and a text.
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

/// Sends nothing and returns the message's number.
#[expect(clippy::unused_async, reason = "a sender is asynchronous")]
pub(crate) async fn send(message: &Message) -> u64 {
    send_now(message)
}

/// Does the work of [`send`] for a sender whose future has a name.
#[inline]
pub(crate) fn send_now(message: &Message) -> u64 {
    black_box(message).number
}
