//! The `futures` crate's thread pool with the tests' own timer.

use futures::executor::{ThreadPool, block_on};
use telegram_sender::runtime::FuturesSpawner;

use crate::own_timer::OwnTimer;

pub(crate) struct Env(ThreadPool);

impl Env {
    pub(crate) fn timer(&self) -> OwnTimer {
        OwnTimer
    }

    pub(crate) fn spawner(&self) -> FuturesSpawner<&ThreadPool> {
        FuturesSpawner(&self.0)
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    block_on(test(Env(pool)));
}

suite!(everywhere, across_threads);
