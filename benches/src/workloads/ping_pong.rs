//! W2: one request at a time; the next is made when the reply is there.

use std::time::Instant;

use super::{Run, sum_below};
use crate::runtime::Runtime;
use crate::subject::{Client, Subject};
use crate::work::Message;

pub(crate) fn run<R: Runtime, S: Subject<R>>(requests: u64) -> Run {
    let runtime = R::new();
    runtime.block_on(async {
        let mut client = S::start(&runtime, 1).await;
        let start = Instant::now();
        let mut sum = 0;
        for number in 0..requests {
            let reply = client.request(Message::new(number)).await;
            sum += S::Client::number(reply.await);
        }
        let elapsed = start.elapsed();
        assert_eq!(sum, sum_below(requests));
        Run { elapsed, bytes: 0 }
    })
}
