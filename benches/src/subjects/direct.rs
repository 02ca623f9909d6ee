//! The sender called directly: no queue and no worker.

use std::future::{Ready, ready};

use crate::runtime::Runtime;
use crate::subject::{Client, Subject};
use crate::work::{self, Message};

pub(crate) struct Direct;

impl<R: Runtime> Subject<R> for Direct {
    type Client = Self;

    const NAME: &'static str = "the sender called directly";

    async fn start(_: &R, _: usize) -> Self {
        Self
    }
}

impl Client for Direct {
    type Reply = Ready<u64>;

    async fn request(&mut self, message: Message) -> Ready<u64> {
        ready(work::send(&message).await)
    }

    fn number(reply: u64) -> u64 {
        reply
    }
}
