//! The Telegram sender on tokio.

#![cfg(all(feature = "telegram", feature = "tokio"))]

mod telegram;

use std::sync::LazyLock;

use telegram_sender::Tokio;
use tokio::runtime::{Builder, Runtime};

const RUNTIME: Tokio = Tokio;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    // One runtime for all calls: connections end with the runtime that opened them.
    static TOKIO: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());
    TOKIO.block_on(future)
}

/// Connections end with the runtime that opened them; in another runtime the sender opens its own.
#[test]
fn a_sender_goes_on_in_another_runtime() {
    use telegram::server::Server;
    use telegram_sender::MessageSender as _;

    let server = Server::start([telegram::accepted(1), telegram::accepted(2)]);
    let sender = telegram::sender(&server);
    for id in [1, 2] {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let sent = runtime.block_on(sender.send_message(&telegram::hello())).unwrap().unwrap();
        assert_eq!(sent.message_id(), id);
    }
}
