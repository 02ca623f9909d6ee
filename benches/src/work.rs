//! The work that all subjects do: nothing. It gives the number that it is given, from an `async fn`, so that what is
//! measured is the way there and back.

use std::hint::black_box;

/// Sends nothing; gives `number`.
#[expect(clippy::unused_async, reason = "a sender is asynchronous")]
pub(crate) async fn send(number: u64) -> u64 {
    black_box(number)
}
