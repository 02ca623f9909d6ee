//! Where a scenario is played: a clock, and an executor for the worker and for the tasks around it.

use std::time::Duration;

use futures::future::{FutureExt, LocalBoxFuture, ready};

/// One runtime with the time of one scenario.
///
/// In boxes, as the driver needs no more; the runner itself has the runtime's own timer.
pub(crate) trait World {
    /// The time since the scenario began.
    fn elapsed(&self) -> Duration;

    /// A sleep from this call on. Those of one instant end in the order of their calls.
    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()>;

    fn spawn(&self, task: LocalBoxFuture<'static, ()>);
}

/// Takes `sleep` to its place in the line of its instant, where it would come with its first poll.
pub(crate) fn begin(sleep: impl Future<Output = ()> + 'static) -> LocalBoxFuture<'static, ()> {
    let mut sleep = sleep.boxed_local();
    if (&mut sleep).now_or_never().is_some() { ready(()).boxed_local() } else { sleep }
}
