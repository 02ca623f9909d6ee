//! The sensor: it passes its readings to the runner, and checks that each ticket and the results match the gateway's
//! answers, in order.

use core::ops::Range;
use core::time::Duration;

use embassy_futures::join::join;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use telegram_sender::error::InvalidArgument;
use telegram_sender::runner::Exit;
use telegram_sender::runtime::Instant;
use telegram_sender::storage::Storage;
use telegram_sender::{Embassy, RateLimiter, Retry, SendError, SenderRunner, Timeout};

use crate::gateway::{Delivered, Gateway, Request};
use crate::link::Reading;

/// The capacity of the runner's queue and of the channel of tickets.
pub const TICKETS: usize = 8;

/// The gateway's answer to an alarm in the demonstration: the chat for alarms has blocked the bot.
const BLOCKED: u16 = 403;

/// Bounds each attempt.
///
/// # Errors
///
/// Never, because this time is valid.
pub const fn timeout() -> Result<Timeout, InvalidArgument> {
    Timeout::new(Duration::from_millis(60))
}

/// Limits the sends to what the wire can carry.
///
/// # Errors
///
/// Never, because these numbers are valid.
pub fn limiter() -> Result<RateLimiter<[Instant; 16]>, InvalidArgument> {
    RateLimiter::with_array(Duration::from_millis(10))
}

/// Sends again until there is an answer. This is safe, because the gateway takes a reading once.
pub const fn retry() -> Retry {
    Retry::new(u32::MAX, Duration::from_millis(10)).on_no_answer()
}

/// Sends the readings of these numbers, checks their outcomes, and closes the runner.
///
/// # Panics
///
/// Panics if the runner breaks a promise.
pub async fn send<Q: Storage<Gateway>>(runner: SenderRunner<Gateway, Embassy, Q>, numbers: Range<u32>) {
    let tickets = Channel::<NoopRawMutex, _, TICKETS>::new();
    let enqueue = async {
        for number in numbers.clone() {
            let reading = Reading::of(number);
            let ticket = runner.request(Request { number, reading }).await.expect("nobody closes it");
            tickets.send((number, ticket)).await;
        }
    };
    let check = async {
        let mut results = runner.results();
        let mut last = i32::MIN;
        for expected in numbers.clone() {
            let (number, ticket) = tickets.receive().await;
            assert_eq!(number, expected);
            let id = ticket.id();
            let outcome = ticket.await;
            match outcome {
                Ok(Delivered { number: delivered, message_id }) => {
                    assert!(delivered == number && message_id > last && !Reading::of(number).alarm);
                    last = message_id;
                }
                Err(SendError::Rejected(refused)) => {
                    assert!(refused.number == number && refused.is_final && refused.code == BLOCKED);
                    assert!(Reading::of(number).alarm);
                }
                Err(SendError::NoAnswer(why)) => panic!("reading {number} got no answer: {why}"),
            }
            let result = results.recv().await.expect("it runs");
            assert!(result.id == id && result.response.map_err(SendError::Rejected) == outcome);
        }
    };
    join(enqueue, check).await;
    assert_eq!(runner.close().await, Exit::Drained);
    let stats = runner.stats();
    assert_eq!(stats.sent + stats.rejected, numbers.len());
}
