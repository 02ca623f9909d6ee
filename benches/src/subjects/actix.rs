//! actix: an actor whose handler sends. Its mailbox holds all outstanding requests, so that `send` enqueues at once.

use ::actix::prelude::{
    Actor, Addr, AtomicResponse, Context, Handler, MailboxError, Message, Request, WrapFuture,
};

use crate::runtime;
use crate::subject::{Client, Subject};
use crate::work;

pub(crate) struct Actix;

pub(crate) struct Sending {
    mailbox: usize,
}

#[derive(Message)]
#[rtype(u64)]
pub(crate) struct Letter(work::Message);

impl Actor for Sending {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(self.mailbox);
    }
}

impl Handler<Letter> for Sending {
    type Result = AtomicResponse<Self, u64>;

    /// Returns an atomic response: the actor handles no other message before this one is sent.
    fn handle(&mut self, Letter(message): Letter, _: &mut Self::Context) -> Self::Result {
        AtomicResponse::new(Box::pin(async move { work::send(&message).await }.into_actor(self)))
    }
}

pub(crate) struct ActixClient(Addr<Sending>);

impl Subject<runtime::Actix> for Actix {
    type Client = ActixClient;

    const NAME: &'static str = "actix";

    async fn start(_: &runtime::Actix, outstanding: usize) -> ActixClient {
        ActixClient(Sending { mailbox: outstanding }.start())
    }
}

impl Client for ActixClient {
    type Reply = Request<Sending, Letter>;

    async fn request(&mut self, message: work::Message) -> Self::Reply {
        self.0.send(Letter(message))
    }

    fn number(reply: Result<u64, MailboxError>) -> u64 {
        reply.expect("the actor replies")
    }
}
