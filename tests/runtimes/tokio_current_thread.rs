//! tokio's current-thread runtime with its time paused: nothing sleeps for real, and times are exact.

use telegram_sender::Tokio;
use tokio::runtime::Builder;

pub(crate) struct Env;

impl Env {
    pub(crate) fn timer(&self) -> Tokio {
        Tokio
    }

    pub(crate) fn spawner(&self) -> Tokio {
        Tokio
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(test(Env));
}

suite!(everywhere, exact_times);
