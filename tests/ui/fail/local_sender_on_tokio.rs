use std::rc::Rc;

use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Tokio};

/// A sender that can't leave its thread.
struct HoldsAnRc(Rc<u32>);

impl MessageSender for HoldsAnRc {
    type Request = u32;
    type Message = u32;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(request + *self.0))
    }
}

fn main() {
    let prepared = SenderRunner::builder(HoldsAnRc(Rc::new(1))).prepare(Tokio);
    let _ = prepared.start(Tokio);
}
