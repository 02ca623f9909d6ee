//! Cost: a hand-written task with a timeout, a limit and retries.

#![no_std]
#![no_main]

use embassy_time::Duration;
use firmware::yardstick::Careful;

// It has as many stamps as the runner's limiter.
firmware::by_hand!(
    Careful::<1024>::new(Duration::from_secs(1), Duration::from_millis(1), 3, Duration::from_secs(1)),
    yardstick::measure
);
