//! What is measured, as the workloads see it.

use std::future::Future;

use crate::runtime::Runtime;
use crate::work::Message;

/// One way to queue requests for a worker that sends them one after the other.
pub(crate) trait Subject<R: Runtime> {
    type Client: Client;

    /// What reports call it.
    const NAME: &'static str;

    /// Starts a worker. At most `outstanding` requests will be out at a time: what has a bounded queue only gets one of
    /// this size, so that nobody waits for room.
    async fn start(runtime: &R, outstanding: usize) -> Self::Client;
}

/// A caller's handle.
pub(crate) trait Client {
    /// The future of one request.
    type Reply: Future;

    /// Enqueues a request.
    async fn request(&mut self, message: Message) -> Self::Reply;

    /// The number in a reply.
    fn number(reply: <Self::Reply as Future>::Output) -> u64;
}

/// A client whose subject gives the answers in a stream, too.
pub(crate) trait Results: Client {
    /// The next answer.
    async fn next_result(&mut self) -> u64;
}

/// A client for tasks on other threads.
///
/// Its method says `Send`, which code that is generic over [`Client`] can't: [`producer`] implements it for a concrete
/// client.
pub(crate) trait Producer: Clone + Send + 'static {
    /// Makes `requests` requests, pipelined.
    fn produce(self, requests: u64, outstanding: usize) -> impl Future<Output = u64> + Send;
}

/// Implements [`Producer`] for clients.
macro_rules! producer {
    ($($client:ty),*) => {$(
        impl $crate::subject::Producer for $client {
            #[allow(clippy::manual_async_fn, reason = "it says `Send`")]
            fn produce(mut self, requests: u64, outstanding: usize) -> impl Future<Output = u64> + Send {
                async move { $crate::workloads::pipelined::drive(&mut self, requests, outstanding).await }
            }
        }
    )*};
}
pub(crate) use producer;
