//! The subjects, as the workloads see them.

use std::future::Future;

use crate::runtime::Runtime;
use crate::work::Message;

/// One way to queue requests for a worker that sends them one after the other.
pub(crate) trait Subject<R: Runtime> {
    type Client: Client;

    /// Its name in reports.
    const NAME: &'static str;

    /// Starts a worker. At most `outstanding` requests are outstanding at once. A subject that has only a bounded
    /// queue gets one of this size, so that no request waits for room.
    async fn start(runtime: &R, outstanding: usize) -> Self::Client;
}

/// A caller's handle.
pub(crate) trait Client {
    /// The future of one request.
    type Reply: Future;

    /// Enqueues a request.
    async fn request(&mut self, message: Message) -> Self::Reply;

    /// Returns the number in a reply.
    fn number(reply: <Self::Reply as Future>::Output) -> u64;
}

/// A client whose subject also publishes the answers in a stream.
pub(crate) trait Results: Client {
    /// Waits for the next answer and returns its number.
    async fn next_result(&mut self) -> u64;
}

/// A client for tasks on other threads.
///
/// Its method returns a `Send` future, which code generic over [`Client`] can't promise: [`producer`] implements it
/// for concrete clients.
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
