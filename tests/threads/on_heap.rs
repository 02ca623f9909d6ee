//! The default storage.

use std::sync::Arc;

use smol::Executor;
use telegram_sender::{SenderRunner, Smol};

use crate::{Lively, Moody, repeat};

#[path = "lives.rs"]
mod lives;

pub(crate) type Runner = SenderRunner<Arc<Moody>, Smol>;

pub(crate) async fn start(builder: Lively, executor: &Executor<'static>) -> Runner {
    builder.prepare(Smol).start(executor).await.unwrap()
}

#[test]
fn random_lives_on_real_threads() {
    repeat(&lives::live);
}
