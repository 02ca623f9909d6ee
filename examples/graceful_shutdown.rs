//! A shutdown: sends queued requests for a while, then keeps the unsent ones for the next start. Meanwhile a
//! consumer reads all responses; it ends by itself.
//!
//! ```text
//! cargo run --example graceful_shutdown
//! ```

use std::convert::Infallible;
use std::time::Duration;

use futures::StreamExt;
use telegram_sender::runtime::Timer as _;
use telegram_sender::{Delay, MessageResponse, MessageSender, NoAnswer, SendError, SenderRunner, Smol};

/// A slow sender.
struct Slow;

impl MessageSender for Slow {
    type Request = u32;
    type Message = u32;
    type Rejection = Infallible;
    type Error = Infallible;

    async fn send_message(&self, number: &u32) -> Result<MessageResponse<Self>, Infallible> {
        Smol.sleep(Duration::from_millis(20)).await;
        Ok(Ok(*number))
    }

    async fn close(&self) {
        println!("the sender is closed, once");
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(async {
        let builder = SenderRunner::builder(Slow).strategy(Delay::new(Duration::from_millis(5)));
        let runner = builder.prepare(Smol).start(Smol).await?;
        let results = runner.results();
        let consumer = smol::spawn(results.map(|answer| answer.response).collect::<Vec<_>>());
        let mut tickets = Vec::new();
        for number in 0..50 {
            tickets.push(runner.request(number).await?);
        }

        // As a SIGTERM handler would: from here on the runner accepts no request.
        let unsent = runner.close_with_timeout(Duration::from_millis(200)).await;
        println!("refused from now on: {}", runner.request(50).await.unwrap_err());

        let answered = consumer.await;
        let (mut sent, mut aborted, mut cut) = (0, 0, 0);
        for ticket in tickets {
            match ticket.await {
                Ok(_) => sent += 1,
                // It was never sent: its request is among the unsent.
                Err(SendError::NoAnswer(NoAnswer::Aborted)) => aborted += 1,
                // It was in flight when the time was over: it may have arrived.
                Err(SendError::NoAnswer(NoAnswer::Interrupted)) => cut += 1,
                Err(error) => println!("{error}"),
            }
        }
        println!("{sent} sent, {cut} cut off, {aborted} to be sent next time: {unsent:?}");
        assert_eq!((answered.len(), unsent.len(), sent + aborted + cut), (sent, aborted, 50));
        Ok(())
    })
}
