//! A prepared runner takes no requests: starting it returns the handle.

use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};

struct Echo;

impl MessageSender for Echo {
    type Request = u32;
    type Message = u32;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(*request))
    }
}

fn main() {
    let prepared = SenderRunner::builder(Echo).prepare(Smol);
    let _ = prepared.request(7);
}
