//! W7: like W1, but each batch's answers are also read from the results.

use std::time::Instant;

use super::pipelined::OUTSTANDING;
use super::{Run, sum_below};
use crate::runtime::Runtime;
use crate::subject::{Client, Results, Subject};
use crate::work::Message;

pub(crate) fn run<R: Runtime, S: Subject<R, Client: Results>>(requests: u64) -> Run {
    let runtime = R::new();
    runtime.block_on(async {
        let mut client = S::start(&runtime, OUTSTANDING).await;
        let start = Instant::now();
        let mut replies = Vec::with_capacity(OUTSTANDING);
        let mut numbers = 0..requests;
        let mut sum = 0;
        while !numbers.is_empty() {
            for number in numbers.by_ref().take(OUTSTANDING) {
                replies.push(client.request(Message::new(number)).await);
            }
            let batch = replies.len();
            for reply in replies.drain(..) {
                sum += S::Client::number(reply.await);
            }
            for _ in 0..batch {
                sum += client.next_result().await;
            }
        }
        let elapsed = start.elapsed();
        assert_eq!(sum, 2 * sum_below(requests));
        Run { elapsed, bytes: 0 }
    })
}
