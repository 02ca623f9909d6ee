//! The bare loop over tokio's parts: an unbounded `mpsc` and a `oneshot` per request.

use tokio::sync::{mpsc, oneshot};

use crate::runtime::Runtime;
use crate::subject::{Client, Subject, producer};
use crate::work::{self, Message};

pub(crate) struct TokioChannels;

#[derive(Clone)]
pub(crate) struct TokioClient(mpsc::UnboundedSender<(Message, oneshot::Sender<u64>)>);

impl<R: Runtime> Subject<R> for TokioChannels {
    type Client = TokioClient;

    const NAME: &'static str = "tokio mpsc + oneshot";

    async fn start(runtime: &R, _: usize) -> TokioClient {
        let (requests, mut queue) = mpsc::unbounded_channel::<(Message, oneshot::Sender<u64>)>();
        runtime.spawn(async move {
            while let Some((message, reply)) = queue.recv().await {
                let _ = reply.send(work::send(&message).await);
            }
        });
        TokioClient(requests)
    }
}

impl Client for TokioClient {
    type Reply = oneshot::Receiver<u64>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        let (reply, receipt) = oneshot::channel();
        self.0.send((message, reply)).expect("the worker lives");
        receipt
    }

    fn number(reply: Result<u64, oneshot::error::RecvError>) -> u64 {
        reply.expect("the worker replies")
    }
}

producer!(TokioClient);
