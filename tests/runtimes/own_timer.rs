//! A timer as a user may write one, for the executors that bring none.

use std::sync::OnceLock;
use std::time::Duration;

use telegram_sender::runtime::{Instant, Timer};

/// Real time. It needs no feature of the crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnTimer;

impl Timer for OwnTimer {
    fn now(&self) -> Instant {
        static EPOCH: OnceLock<std::time::Instant> = OnceLock::new();
        Instant::EPOCH + EPOCH.get_or_init(std::time::Instant::now).elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        smol::Timer::after(duration).await;
    }
}
