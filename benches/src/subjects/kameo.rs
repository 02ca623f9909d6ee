//! kameo: an actor on tokio with an unbounded mailbox; `enqueue` returns the pending reply.

use ::kameo::Actor;
use ::kameo::actor::{ActorRef, Spawn};
use ::kameo::error::{Infallible, SendError};
use ::kameo::mailbox;
use ::kameo::message::{Context, Message};
use ::kameo::request::PendingReply;

use crate::runtime::Runtime;
use crate::subject::{Client, Subject, producer};
use crate::work;

pub(crate) struct Kameo;

#[derive(Actor)]
pub(crate) struct Sending;

pub(crate) struct Request(work::Message);

impl Message<Request> for Sending {
    type Reply = u64;

    async fn handle(&mut self, request: Request, _: &mut Context<Self, u64>) -> u64 {
        work::send(&request.0).await
    }
}

#[derive(Clone)]
pub(crate) struct KameoClient(ActorRef<Sending>);

/// kameo spawns the actor itself, on the current tokio runtime.
impl<R: Runtime> Subject<R> for Kameo {
    type Client = KameoClient;

    const NAME: &'static str = "kameo";

    async fn start(_: &R, _: usize) -> KameoClient {
        KameoClient(Sending::spawn_with_mailbox(Sending, mailbox::unbounded()))
    }
}

impl Client for KameoClient {
    type Reply = PendingReply<Request, u64>;

    async fn request(&mut self, message: work::Message) -> Self::Reply {
        self.0.ask(Request(message)).enqueue().await.expect("the actor lives")
    }

    fn number(reply: Result<u64, SendError<Request, Infallible>>) -> u64 {
        reply.expect("the actor replies")
    }
}

producer!(KameoClient);
