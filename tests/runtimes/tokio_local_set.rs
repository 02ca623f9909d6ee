//! An explicit tokio `LocalSet`: all on the test's thread, in paused time.

use std::rc::Rc;

use telegram_sender::Tokio;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

#[path = "not_send.rs"]
mod not_send;

pub(crate) struct Env(Rc<LocalSet>);

impl Env {
    pub(crate) fn timer(&self) -> Tokio {
        Tokio
    }

    pub(crate) fn spawner(&self) -> &LocalSet {
        &self.0
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let local = Rc::new(LocalSet::new());
    local.block_on(&runtime, test(Env(local.clone())));
}

suite!(everywhere, exact_times);
