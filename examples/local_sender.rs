//! A sender that can't leave its thread, because it shares an `Rc` with the rest of the program. It runs on a local
//! executor. On one with several threads it would not compile.
//!
//! ```text
//! cargo run --example local_sender
//! ```

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};

/// Writes into a journal that the rest of the program reads.
struct Journal(Rc<RefCell<Vec<String>>>);

impl MessageSender for Journal {
    type Request = Rc<str>;
    /// The entry's number.
    type Message = usize;
    type Rejection = Infallible;
    type Error = Infallible;

    async fn send_message(&self, entry: &Rc<str>) -> Result<MessageResponse<Self>, Infallible> {
        let mut entries = self.0.borrow_mut();
        entries.push(entry.to_string());
        Ok(Ok(entries.len()))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executor = smol::LocalExecutor::new();
    let entries = Rc::default();
    smol::block_on(executor.run(async {
        let journal = Journal(Rc::clone(&entries));
        let runner = SenderRunner::builder(journal).prepare(Smol).start(&executor).await?;
        let ticket = runner.request("the first entry".into()).await?;
        println!("entry {}", ticket.await?);
        drop(runner.request("the last entry".into()).await?);
        runner.close().await;
        Ok::<_, Box<dyn std::error::Error>>(())
    }))?;
    println!("{:?}", entries.borrow());
    Ok(())
}
