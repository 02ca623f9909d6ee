//! A user's own `smol::Executor`, with three threads.

use std::sync::Arc;
use std::thread;

use smol::Executor;
use telegram_sender::Smol;

pub(crate) struct Env(Arc<Executor<'static>>);

impl Env {
    pub(crate) fn timer(&self) -> Smol {
        Smol
    }

    pub(crate) fn spawner(&self) -> &Executor<'static> {
        &self.0
    }
}

pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let executor = Arc::new(Executor::new());
    let (stop, stopped) = async_channel::bounded::<()>(1);
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (executor, stopped) = (executor.clone(), stopped.clone());
            thread::spawn(move || smol::block_on(executor.run(stopped.recv())))
        })
        .collect();
    smol::block_on(test(Env(executor)));
    drop(stop);
    for thread in threads {
        let _ = thread.join().unwrap();
    }
}

suite!(everywhere, across_threads);
