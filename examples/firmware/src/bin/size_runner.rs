//! Size: the runner.

#![no_std]
#![no_main]

use telegram_sender::error::InvalidArgument;
use telegram_sender::runner::Builder;

firmware::by_runner!(
    Ok::<_, InvalidArgument>(Builder::new(Radio)),
    yardstick::sample,
    yardstick::ignore_future
);
