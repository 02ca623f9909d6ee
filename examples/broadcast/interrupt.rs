//! Ctrl-C as an event to await.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use async_channel::Receiver;

use crate::failure::{Blame, Failure};

/// The presses of Ctrl-C, one by one. A request to terminate counts as one.
pub(crate) struct Interrupts(Receiver<()>);

impl Interrupts {
    /// Starts to catch Ctrl-C. The first two presses no longer end the process.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let (sender, receiver) = async_channel::unbounded();
        let presses = AtomicU32::new(0);
        ctrlc::set_handler(move || {
            // The first press asks to stop soon, the second to stop now. The third ends the process.
            if presses.fetch_add(1, Ordering::Relaxed) >= 2 {
                process::exit(130);
            }
            let _ = sender.try_send(());
        })
        .map_err(|error| Failure::new(Blame::Interrupt, format!("can't listen for Ctrl-C: {error}")))?;
        Ok(Self(receiver))
    }

    /// Waits for the next press.
    pub(crate) async fn next(&self) {
        if self.0.recv().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
