//! ractor: an actor on tokio; each message carries its reply port.

use ::ractor::concurrency::OneshotReceiver;
use ::ractor::concurrency::oneshot;
use ::ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

use crate::runtime::Runtime;
use crate::subject::{Client, Subject, producer};
use crate::work::{self, Message};

pub(crate) struct Ractor;

struct Sending;

struct Request(Message, RpcReplyPort<u64>);

impl Actor for Sending {
    type Msg = Request;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Request>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Request>,
        Request(message, reply): Request,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        let _ = reply.send(work::send(&message).await);
        Ok(())
    }
}

#[derive(Clone)]
pub(crate) struct RactorClient(ActorRef<Request>);

/// ractor spawns the actor itself, on the current tokio runtime.
impl<R: Runtime> Subject<R> for Ractor {
    type Client = RactorClient;

    const NAME: &'static str = "ractor";

    async fn start(_: &R, _: usize) -> RactorClient {
        RactorClient(Actor::spawn(None, Sending, ()).await.expect("the actor starts").0)
    }
}

impl Client for RactorClient {
    type Reply = OneshotReceiver<u64>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        let (reply, receipt) = oneshot();
        self.0.cast(Request(message, reply.into())).expect("the actor lives");
        receipt
    }

    fn number(reply: <Self::Reply as Future>::Output) -> u64 {
        reply.expect("the actor replies")
    }
}

producer!(RactorClient);
