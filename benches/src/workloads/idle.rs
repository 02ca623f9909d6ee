//! W6: many started subjects that wait for their first request, or have each served one.

use super::Run;
use crate::allocator;
use crate::runtime::Runtime;
use crate::subject::{Client, Subject};
use crate::work::Message;

/// A usual size for a queue that must be bounded.
const OUTSTANDING: usize = 64;

/// Measures the bytes of `runners` that never served a request.
pub(crate) fn unused<R: Runtime, S: Subject<R>>(runners: u64) -> Run {
    held::<R, S>(runners, false)
}

/// Measures the bytes of `runners` that served one request each.
pub(crate) fn used<R: Runtime, S: Subject<R>>(runners: u64) -> Run {
    held::<R, S>(runners, true)
}

fn held<R: Runtime, S: Subject<R>>(runners: u64, used: bool) -> Run {
    let runtime = R::new();
    runtime.block_on(async {
        let before = allocator::asked().bytes;
        let mut clients = Vec::new();
        for _ in 0..runners {
            clients.push(S::start(&runtime, OUTSTANDING).await);
        }
        // Lets each worker run until it waits.
        for _ in 0..runners {
            smol::future::yield_now().await;
        }
        if used {
            for client in &mut clients {
                let reply = client.request(Message::new(1)).await;
                assert_eq!(S::Client::number(reply.await), 1);
            }
        }
        clients.shrink_to_fit();
        Run { bytes: allocator::asked().bytes - before, ..Run::default() }
    })
}
