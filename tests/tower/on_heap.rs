//! The default storage.

use telegram_sender::testing::{VirtualRuntime, VirtualTimer};
use telegram_sender::{Heap, SenderRunner};

use crate::common::{Sender, accepting, ms};

#[path = "service.rs"]
mod service;

type Runner = SenderRunner<Sender, VirtualTimer, Heap<Sender>>;

async fn start_bounded(runtime: &VirtualRuntime, capacity: usize) -> (Sender, Runner) {
    let sender = accepting(runtime, ms(10));
    let builder = SenderRunner::builder(sender.clone()).queue_capacity(capacity).unwrap();
    (sender, builder.prepare(runtime.timer()).start(runtime).await.unwrap())
}
