//! The lean storage.

use std::sync::Arc;

use smol::Executor;
use telegram_sender::{Lean, SenderRunner, Smol};

use crate::{Lively, Moody, repeat};

#[path = "lives.rs"]
mod lives;

pub(crate) type Runner = SenderRunner<Arc<Moody>, Smol, Lean<Arc<Moody>>>;

pub(crate) async fn start(builder: Lively, executor: &Executor<'static>) -> Runner {
    builder.prepare_lean(Smol).start(executor).await.unwrap()
}

#[test]
fn random_lives_on_real_threads() {
    repeat(&lives::live);
}
