//! xtra: an actor with an unbounded mailbox, run on the given runtime.

use ::xtra::{Actor, Address, Context, Handler, Mailbox, Receiver};

use crate::runtime::Runtime;
use crate::subject::{Client, Subject, producer};
use crate::work::{self, Message};

pub(crate) struct Xtra;

struct Sending;

struct Request(Message);

impl Actor for Sending {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Request> for Sending {
    type Return = u64;

    async fn handle(&mut self, request: Request, _: &mut Context<Self>) -> u64 {
        work::send(&request.0).await
    }
}

#[derive(Clone)]
pub(crate) struct XtraClient(Address<Sending>);

impl<R: Runtime> Subject<R> for Xtra {
    type Client = XtraClient;

    const NAME: &'static str = "xtra";

    async fn start(runtime: &R, _: usize) -> XtraClient {
        let (address, mailbox) = Mailbox::unbounded();
        runtime.spawn(::xtra::run(mailbox, Sending));
        XtraClient(address)
    }
}

impl Client for XtraClient {
    type Reply = Receiver<u64>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.0.send(Request(message)).detach().await.expect("the actor lives")
    }

    fn number(reply: Result<u64, ::xtra::Error>) -> u64 {
        reply.expect("the actor replies")
    }
}

producer!(XtraClient);
