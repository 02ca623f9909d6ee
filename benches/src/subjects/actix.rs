//! actix: an actor whose handler sends. A mailbox that holds all that is outstanding, so that `send` enqueues at once.

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
pub(crate) struct Number(u64);

impl Actor for Sending {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(self.mailbox);
    }
}

impl Handler<Number> for Sending {
    type Result = AtomicResponse<Self, u64>;

    /// An atomic response: the actor handles no other message before this one is sent.
    fn handle(&mut self, number: Number, _: &mut Self::Context) -> Self::Result {
        AtomicResponse::new(Box::pin(work::send(number.0).into_actor(self)))
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
    type Reply = Request<Sending, Number>;

    async fn request(&mut self, number: u64) -> Self::Reply {
        self.0.send(Number(number))
    }

    fn number(reply: Result<u64, MailboxError>) -> u64 {
        reply.expect("the actor replies")
    }
}
