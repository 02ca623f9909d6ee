use std::time::Duration;

use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Timeout};

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
    let timeout = Timeout::new(Duration::from_secs(10));
    let _ = SenderRunner::builder(Echo).strategy(timeout);
}
