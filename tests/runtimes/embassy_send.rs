//! Embassy's executor on a thread of its own, as on another core or at another interrupt priority, and embassy's time.

use std::sync::OnceLock;
use std::thread;

use embassy_executor::{Executor, SendSpawner};
use futures::executor::block_on;
use telegram_sender::Embassy;

pub(crate) struct Env(SendSpawner);

impl Env {
    pub(crate) fn timer(&self) -> Embassy {
        Embassy
    }

    pub(crate) fn spawner(&self) -> &SendSpawner {
        &self.0
    }
}

/// Runs the test with the spawner of one executor, which serves all tests.
pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    static SPAWNER: OnceLock<SendSpawner> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (started, has_started) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let executor = Box::leak(Box::new(Executor::new()));
            executor.run(|spawner| started.send(spawner.make_send()).unwrap());
        });
        has_started.recv().unwrap()
    });
    block_on(test(Env(*spawner)));
}

suite!(everywhere, across_threads);
