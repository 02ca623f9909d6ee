//! The runtimes on which subjects run. Each worker is spawned. The requests are made in `block_on` if that is a
//! thread of the runtime, else in a spawned task. On tokio's `multi_thread`, W1 and W2 run both ways.

use std::future::{Future, pending};
use std::thread;

use smol::{Executor, LocalExecutor};

/// A runtime, created for each run.
pub(crate) trait Runtime {
    /// Its name in reports.
    const NAME: &'static str;

    /// The number of threads that run its tasks.
    const THREADS: usize = 1;

    /// True if each run takes the same instructions, because no other thread takes part in it.
    const IS_REPEATABLE: bool = Self::THREADS == 1;

    fn new() -> Self;

    /// Runs `future` to its end, and spawned tasks meanwhile.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Runs `future` in the background, for as long as the runtime lives.
    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F);
}

/// `smol::LocalExecutor`: one thread, tasks need not be `Send`. Its `block_on` does not poll the reactor, so that
/// counts of instructions are of queues alone.
pub(crate) struct SmolLocal(pub(crate) LocalExecutor<'static>);

impl SmolLocal {
    pub(crate) const fn executor(&self) -> &LocalExecutor<'static> {
        &self.0
    }
}

impl Runtime for SmolLocal {
    const NAME: &'static str = "smol local";

    fn new() -> Self {
        Self(LocalExecutor::new())
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        smol::future::block_on(self.0.run(future))
    }

    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        self.0.spawn(future).detach();
    }
}

/// `smol::Executor` on one thread, in smol's own `block_on`.
pub(crate) struct Smol(pub(crate) Executor<'static>);

impl Smol {
    pub(crate) const fn executor(&self) -> &Executor<'static> {
        &self.0
    }
}

impl Runtime for Smol {
    const NAME: &'static str = "smol";
    /// Its `block_on` shares the reactor with a thread of smol.
    const IS_REPEATABLE: bool = false;

    fn new() -> Self {
        Self(Executor::new())
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        smol::block_on(self.0.run(future))
    }

    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        self.0.spawn(future).detach();
    }
}

/// `smol::Executor` on two threads. The thread that calls `block_on` only waits.
pub(crate) struct SmolTwoThreads(pub(crate) &'static Executor<'static>);

impl SmolTwoThreads {
    pub(crate) const fn executor(&self) -> &Executor<'static> {
        self.0
    }
}

impl Runtime for SmolTwoThreads {
    const NAME: &'static str = "smol, two threads";
    const THREADS: usize = 2;

    fn new() -> Self {
        // The threads run forever, so they are started once.
        static EXECUTOR: std::sync::OnceLock<Executor<'static>> = std::sync::OnceLock::new();
        Self(EXECUTOR.get_or_init(|| {
            for _ in 0..2 {
                thread::spawn(|| smol::block_on(EXECUTOR.wait().run(pending::<()>())));
            }
            Executor::new()
        }))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        smol::block_on(future)
    }

    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        self.0.spawn(future).detach();
    }
}

/// tokio's `current_thread`.
pub(crate) struct TokioCurrent(pub(crate) tokio::runtime::Runtime);

impl TokioCurrent {
    pub(crate) const fn executor(&self) -> &tokio::runtime::Runtime {
        &self.0
    }
}

impl Runtime for TokioCurrent {
    const NAME: &'static str = "tokio current_thread";

    fn new() -> Self {
        Self(tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        self.0.spawn(future);
    }
}

/// tokio's `multi_thread` with two workers.
pub(crate) struct TokioMulti(pub(crate) tokio::runtime::Runtime);

impl TokioMulti {
    pub(crate) const fn executor(&self) -> &tokio::runtime::Runtime {
        &self.0
    }
}

impl Runtime for TokioMulti {
    const NAME: &'static str = "tokio multi_thread";
    const THREADS: usize = 2;

    fn new() -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Self(builder.worker_threads(2).enable_time().build().expect("a runtime"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        self.0.spawn(future);
    }
}

/// actix's system: tokio's `current_thread` and a `LocalSet`.
pub(crate) struct Actix(actix_rt::SystemRunner);

impl Runtime for Actix {
    const NAME: &'static str = "actix system";

    fn new() -> Self {
        Self(actix_rt::System::new())
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) {
        actix_rt::spawn(future);
    }
}
