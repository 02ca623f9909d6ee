//! The Telegram sender on smol.

#![cfg(all(feature = "telegram", feature = "smol"))]

mod telegram;

use telegram_sender::Smol;
use telegram_sender::telegram::{BotToken, TelegramSender};

const RUNTIME: Smol = Smol;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    smol::block_on(future)
}

/// Whatever other features are on, `new` and `build` work outside of any tokio runtime.
#[test]
fn what_names_no_runtime_is_on_smol() {
    use telegram_sender::MessageSender as _;

    let token = || BotToken::new("1:token").unwrap();
    drop(TelegramSender::new(token()));
    let nowhere = TelegramSender::builder(token()).base_url("http://127.0.0.1:9").unwrap().build();
    assert!(block_on(nowhere.open()).is_err());
}
