use telegram_sender::strategy::Chain;
use telegram_sender::{MessageResponse, MessageSender, SenderRunner};

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

struct QuietHours;

fn main() {
    let chain = Chain::<QuietHours>::default().with_own(QuietHours);
    let _ = SenderRunner::builder(Echo).strategy(chain);
}
