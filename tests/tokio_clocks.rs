//! Paused tokio runtimes with different times in one program. This is one test, because a program counts all its
//! times from its first look at a clock.

#![cfg(feature = "tokio")]

use std::time::Duration;

use telegram_sender::Tokio;
use telegram_sender::runtime::Timer;
use tokio::runtime::{Builder, Runtime};
use tokio::time::advance;

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn time_moves_in_runtimes_that_are_behind_the_first_look_at_a_clock() {
    let (older, ahead) = (paused(), paused());
    let hour = Duration::from_secs(3600);
    let first_look = ahead.block_on(async {
        advance(hour).await;
        Tokio.now()
    });
    let younger = paused();
    for behind in [&older, &younger] {
        behind.block_on(async {
            let begun = Tokio.now();
            assert!(begun < first_look);
            for step in [Duration::from_nanos(1), Duration::from_millis(1), hour, 10 * hour] {
                let before = Tokio.now();
                advance(step).await;
                assert_eq!(Tokio.now(), before + step);
                // Paused time jumps to the deadline of a sleep; tokio's timer wheel has ticks of a millisecond.
                let deadline = before + step + step;
                Tokio.sleep_until(deadline).await;
                let late = Tokio.now().saturating_duration_since(deadline);
                assert!(Tokio.now() >= deadline && late <= Duration::from_millis(1), "{late:?}");
            }
        });
    }
    assert_eq!(ahead.handle().now(), first_look, "it stood still meanwhile");
}
