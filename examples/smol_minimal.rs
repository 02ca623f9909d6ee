//! A minimal program on smol: a custom sender, a limit, three requests.
//!
//! ```text
//! cargo run --example smol_minimal
//! ```

use std::io;
use std::time::Duration;

use telegram_sender::{MessageResponse, MessageSender, RateLimiter, SenderRunner, Smol};

/// Writes to the terminal.
struct Console;

impl MessageSender for Console {
    type Request = String;
    /// The number of written bytes.
    type Message = usize;
    /// The reason for a refused text.
    type Rejection = &'static str;
    type Error = io::Error;

    async fn send_message(&self, text: &String) -> Result<MessageResponse<Self>, io::Error> {
        if text.is_empty() {
            return Ok(Err("there is nothing to write"));
        }
        println!("{text}");
        Ok(Ok(text.len()))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(async {
        let runner = SenderRunner::builder(Console)
            .strategy(RateLimiter::new(2, Duration::from_millis(100))?)
            .prepare(Smol)
            .start(Smol)
            .await?;
        let mut tickets = Vec::new();
        for text in ["one", "two", ""] {
            tickets.push(runner.request(text.to_owned()).await?);
        }
        for ticket in tickets {
            match ticket.await {
                Ok(bytes) => println!("  {bytes} bytes"),
                Err(error) => println!("  {error}"),
            }
        }
        runner.close().await;
        Ok(())
    })
}
