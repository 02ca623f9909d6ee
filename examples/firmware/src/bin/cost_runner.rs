//! Cost: the runner.

#![no_std]
#![no_main]

use telegram_sender::{Builder, InvalidArgument};

firmware::by_runner!(
    Ok::<_, InvalidArgument>(Builder::new(Radio)),
    yardstick::measure,
    yardstick::note_future
);
