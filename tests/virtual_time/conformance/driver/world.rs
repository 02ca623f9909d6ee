//! The world of a scenario: a clock, and an executor for the worker and for the tasks around it.

use std::time::Duration;

use futures::future::{FutureExt, LocalBoxFuture, ready};

/// One runtime with the time of one scenario.
///
/// Its futures are boxed, which is enough for the driver; the runner itself has the runtime's own timer.
pub(crate) trait World {
    /// Returns the time since the scenario began.
    fn elapsed(&self) -> Duration;

    /// Begins a sleep. Sleeps to the same instant end in the order of these calls.
    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()>;

    fn spawn(&self, task: LocalBoxFuture<'static, ()>);
}

/// Polls `sleep` once, so it takes its place among the sleeps to its instant now, and not when it is awaited.
pub(crate) fn begin(sleep: impl Future<Output = ()> + 'static) -> LocalBoxFuture<'static, ()> {
    let mut sleep = sleep.boxed_local();
    if (&mut sleep).now_or_never().is_some() { ready(()).boxed_local() } else { sleep }
}
