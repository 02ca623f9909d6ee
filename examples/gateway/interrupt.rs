//! Ctrl-C, as something to wait for.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use async_channel::Receiver;

/// From now on the first Ctrl-C, or request to terminate, does not end the process, but is told by the channel.
pub(crate) fn listen() -> Result<Receiver<()>, ctrlc::Error> {
    let (sender, receiver) = async_channel::bounded(1);
    let pressed = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        // Whoever presses again has waited long enough.
        if pressed.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
        let _ = sender.try_send(());
    })?;
    Ok(receiver)
}
