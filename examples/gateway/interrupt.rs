//! Ctrl-C as an event to await.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use async_channel::Receiver;

/// Starts to catch Ctrl-C and requests to terminate. The first one goes to the channel and does not end the process.
pub(crate) fn listen() -> Result<Receiver<()>, ctrlc::Error> {
    let (sender, receiver) = async_channel::bounded(1);
    let pressed = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        // A second press ends the process.
        if pressed.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
        let _ = sender.try_send(());
    })?;
    Ok(receiver)
}
