//! W4: eight producers, each with its share of 1,000 outstanding requests, on a runtime with two threads.

use std::time::Instant;

use super::{Run, pipelined, sum_below};
use crate::runtime::Runtime;
use crate::subject::{Producer, Subject};

const PRODUCERS: u64 = 8;

pub(crate) fn run<R: Runtime, S: Subject<R, Client: Producer>>(requests: u64) -> Run {
    let runtime = R::new();
    runtime.block_on(async {
        let client = S::start(&runtime, pipelined::OUTSTANDING).await;
        let (done, sums) = async_channel::unbounded();
        let each = requests / PRODUCERS;
        let start = Instant::now();
        for _ in 0..PRODUCERS {
            let client = client.clone();
            let done = done.clone();
            runtime.spawn(async move {
                let sum = client.produce(each, pipelined::OUTSTANDING / 8).await;
                done.send(sum).await.expect("the main task waits for it");
            });
        }
        for _ in 0..PRODUCERS {
            assert_eq!(sums.recv().await, Ok(sum_below(each)));
        }
        Run { elapsed: start.elapsed(), bytes: 0 }
    })
}
