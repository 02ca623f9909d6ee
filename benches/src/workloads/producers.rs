//! Producers in tasks of the runtime. W4: eight on two threads, each with its share of 1,000 outstanding requests.
//! On two threads, one producer also drives W1 and W2.

use std::time::Instant;

use super::{Run, sum_below};
use crate::runtime::Runtime;
use crate::subject::{Producer, Subject};

/// Divides the requests, and those outstanding at once, among `PRODUCERS` producers.
pub(crate) fn run<const PRODUCERS: usize, const OUTSTANDING: usize, R, S>(requests: u64) -> Run
where
    R: Runtime,
    S: Subject<R, Client: Producer>,
{
    let runtime = R::new();
    runtime.block_on(async {
        let client = S::start(&runtime, OUTSTANDING).await;
        let (done, sums) = async_channel::unbounded();
        let each = requests / PRODUCERS as u64;
        let start = Instant::now();
        for _ in 0..PRODUCERS {
            let client = client.clone();
            let done = done.clone();
            runtime.spawn(async move {
                let sum = client.produce(each, OUTSTANDING / PRODUCERS).await;
                done.send(sum).await.expect("the main task waits for it");
            });
        }
        for _ in 0..PRODUCERS {
            assert_eq!(sums.recv().await, Ok(sum_below(each)));
        }
        Run { elapsed: start.elapsed(), bytes: 0 }
    })
}
