//! The tokio `LocalSet` that the caller is in: all on the test's thread, in real time.

use telegram_sender::Tokio;
use telegram_sender::runtime::TokioLocal;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

#[path = "not_send.rs"]
mod not_send;

pub(crate) struct Env;

impl Env {
    pub(crate) fn timer(&self) -> Tokio {
        Tokio
    }

    pub(crate) fn spawner(&self) -> TokioLocal {
        TokioLocal
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    LocalSet::new().block_on(&runtime, test(Env));
}

suite!(everywhere, across_threads);
