//! A `smol::LocalExecutor`: all on the test's thread.

use std::rc::Rc;

use smol::LocalExecutor;
use telegram_sender::Smol;

#[path = "not_send.rs"]
mod not_send;

pub(crate) struct Env(Rc<LocalExecutor<'static>>);

impl Env {
    pub(crate) fn timer(&self) -> Smol {
        Smol
    }

    pub(crate) fn spawner(&self) -> &LocalExecutor<'static> {
        &self.0
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let executor = Rc::new(LocalExecutor::new());
    smol::block_on(executor.run(test(Env(executor.clone()))));
}

suite!(everywhere, across_threads);
