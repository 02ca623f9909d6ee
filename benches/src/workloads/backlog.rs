//! W3: all requests are enqueued before the first is sent; then they are drained. It runs on one thread, on a
//! runtime that does not force tasks to yield, so that the worker does not begin early.

use std::time::Instant;

use super::{Run, sum_below};
use crate::allocator;
use crate::runtime::Runtime;
use crate::subject::{Client, Subject};
use crate::work::Message;

/// Measures the time of the drain, and the bytes of the full queue, including the replies that the caller holds.
pub(crate) fn run<R: Runtime, S: Subject<R>>(requests: u64) -> Run {
    let runtime = R::new();
    let room = usize::try_from(requests).expect("a number of requests that fits into memory");
    runtime.block_on(async {
        let mut client = S::start(&runtime, room).await;
        smol::future::yield_now().await;
        let before = allocator::asked().bytes;
        let mut replies = Vec::with_capacity(room);
        for number in 0..requests {
            replies.push(client.request(Message::new(number)).await);
        }
        let bytes = allocator::asked().bytes - before;
        let start = Instant::now();
        let mut sum = 0;
        for reply in replies.drain(..) {
            sum += S::Client::number(reply.await);
        }
        let elapsed = start.elapsed();
        assert_eq!(sum, sum_below(requests));
        Run { elapsed, bytes }
    })
}
