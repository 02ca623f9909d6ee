//! Size: a hand-written task, from a channel to the sender to a signal.

#![no_std]
#![no_main]

use firmware::yardstick::{Plain, Radio};

firmware::by_hand!(Plain(Radio), yardstick::sample);
