//! Size: the runner with a timeout.

#![no_std]
#![no_main]

use core::time::Duration;

use telegram_sender::Timeout;
use telegram_sender::error::InvalidArgument;
use telegram_sender::runner::Builder;

const SECOND: Duration = Duration::from_secs(1);

firmware::by_runner!(
    (|| -> Result<_, InvalidArgument> { Ok(Builder::new(Radio).strategy(Timeout::new(SECOND)?)) })(),
    yardstick::sample,
    yardstick::ignore_future
);
