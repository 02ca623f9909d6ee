//! Size: the runner with retries.

#![no_std]
#![no_main]

use core::time::Duration;

use telegram_sender::Retry;
use telegram_sender::error::InvalidArgument;
use telegram_sender::runner::Builder;

const SECOND: Duration = Duration::from_secs(1);

firmware::by_runner!(
    (|| -> Result<_, InvalidArgument> { Ok(Builder::new(Radio).strategy(Retry::new(3, SECOND))) })(),
    yardstick::sample,
    yardstick::ignore_future
);
