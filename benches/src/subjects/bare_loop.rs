//! The bare loop: `async-channel`, a `futures` oneshot per request, and a loop of three lines. It is the limit of
//! the parts that the heap storage is made of, and all others are compared with it.

use async_channel::{Receiver, Sender};
use futures::channel::oneshot;

use crate::runtime::Runtime;
use crate::subject::{Client, Results, Subject, producer};
use crate::work::{self, Message};

pub(crate) struct BareLoop;

#[derive(Clone)]
pub(crate) struct BareClient(Sender<(Message, oneshot::Sender<u64>)>);

impl<R: Runtime> Subject<R> for BareLoop {
    type Client = BareClient;

    const NAME: &'static str = "bare loop";

    async fn start(runtime: &R, _: usize) -> BareClient {
        let (requests, queue) = async_channel::unbounded::<(Message, oneshot::Sender<u64>)>();
        runtime.spawn(async move {
            while let Ok((message, reply)) = queue.recv().await {
                let _ = reply.send(work::send(&message).await);
            }
        });
        BareClient(requests)
    }
}

impl Client for BareClient {
    type Reply = oneshot::Receiver<u64>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        let (reply, receipt) = oneshot::channel();
        self.0.send((message, reply)).await.expect("the worker lives");
        receipt
    }

    fn number(reply: Result<u64, oneshot::Canceled>) -> u64 {
        reply.expect("the worker replies")
    }
}

producer!(BareClient);

/// The bare loop that also puts each answer into a queue of results, with the fields of [`telegram_sender::Answer`],
/// so that a reader knows whose answer it is.
pub(crate) struct BareLoopWithResults;

pub(crate) struct BareClientWithResults {
    client: BareClient,
    results: Receiver<Answer>,
}

#[expect(dead_code, reason = "they are there to be carried")]
pub(crate) struct Answer {
    id: u64,
    cycle: u32,
    attempts: u32,
    response: Result<u64, ()>,
}

impl<R: Runtime> Subject<R> for BareLoopWithResults {
    type Client = BareClientWithResults;

    const NAME: &'static str = "bare loop with results";

    async fn start(runtime: &R, _: usize) -> BareClientWithResults {
        let (requests, queue) = async_channel::unbounded::<(Message, oneshot::Sender<u64>)>();
        let (publish, results) = async_channel::unbounded();
        runtime.spawn(async move {
            let mut id = 0;
            while let Ok((message, reply)) = queue.recv().await {
                let response = work::send(&message).await;
                let _ = reply.send(response);
                let _ = publish.send(Answer { id, cycle: 0, attempts: 1, response: Ok(response) }).await;
                id += 1;
            }
        });
        BareClientWithResults { client: BareClient(requests), results }
    }
}

impl Client for BareClientWithResults {
    type Reply = oneshot::Receiver<u64>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.client.request(message).await
    }

    fn number(reply: Result<u64, oneshot::Canceled>) -> u64 {
        BareClient::number(reply)
    }
}

impl Results for BareClientWithResults {
    async fn next_result(&mut self) -> u64 {
        self.results.recv().await.expect("the worker lives").response.expect("it is an answer")
    }
}
