use telegram_sender::{MessageResponse, MessageSender, Requeue, SenderRunner};

/// Owns something that can't be copied.
struct Page(std::fs::File);

struct Printer;

impl MessageSender for Printer {
    type Request = Page;
    type Message = ();
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, page: &Page) -> Result<MessageResponse<Self>, ()> {
        let _ = page.0.metadata();
        Ok(Ok(()))
    }
}

fn main() {
    let _ = SenderRunner::builder(Printer).strategy(Requeue::cycles(3));
}
