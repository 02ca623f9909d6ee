//! Cost: the runner with a timeout, a limiter and retries.

#![no_std]
#![no_main]

use core::time::Duration;

use telegram_sender::error::InvalidArgument;
use telegram_sender::runner::Builder;
use telegram_sender::{RateLimiter, Retry, Timeout};

const SECOND: Duration = Duration::from_secs(1);

// The limiter holds more stamps than there are requests in its period, so that it never waits.
firmware::by_runner!(
    (|| -> Result<_, InvalidArgument> {
        Ok(Builder::new(Radio)
            .strategy(Timeout::new(SECOND)?)
            .strategy(RateLimiter::<[_; 1024]>::with_array(Duration::from_millis(1))?)
            .strategy(Retry::new(3, SECOND)))
    })(),
    yardstick::measure,
    yardstick::note_future
);
