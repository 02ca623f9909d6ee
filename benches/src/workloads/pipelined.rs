//! W1: 1,000 requests are enqueued, then their replies are awaited, and again.

use std::time::Instant;

use super::{Run, sum_below};
use crate::runtime::Runtime;
use crate::subject::{Client, Subject};
use crate::work::Message;

pub(crate) const OUTSTANDING: usize = 1000;

pub(crate) fn run<R: Runtime, S: Subject<R>>(requests: u64) -> Run {
    let runtime = R::new();
    runtime.block_on(async {
        let mut client = S::start(&runtime, OUTSTANDING).await;
        let start = Instant::now();
        let sum = drive(&mut client, requests, OUTSTANDING).await;
        let elapsed = start.elapsed();
        assert_eq!(sum, sum_below(requests));
        Run { elapsed, bytes: 0 }
    })
}

/// Makes `requests` requests, at most `outstanding` at once, and returns the sum of the answers.
pub(crate) async fn drive<C: Client>(client: &mut C, requests: u64, outstanding: usize) -> u64 {
    let mut replies = Vec::with_capacity(outstanding);
    let mut numbers = 0..requests;
    let mut sum = 0;
    while !numbers.is_empty() {
        for number in numbers.by_ref().take(outstanding) {
            replies.push(client.request(Message::new(number)).await);
        }
        for reply in replies.drain(..) {
            sum += C::number(reply.await);
        }
    }
    sum
}
