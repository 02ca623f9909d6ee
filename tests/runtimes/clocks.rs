//! Clocks of several tokio runtimes in one program: each moves as its own runtime's time does.

use std::time::Duration;

use telegram_sender::{Instant, Timer, Tokio};
use tokio::runtime::{Builder, Runtime};
use tokio::time::advance;

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// The time before and after `duration` passes.
async fn pass(duration: Duration) -> (Instant, Instant) {
    let before = Tokio.now();
    advance(duration).await;
    (before, Tokio.now())
}

#[test]
fn a_paused_runtime_behind_another_one_has_moving_time() {
    let hour = Duration::from_secs(3600);
    let (ahead, after) = paused().block_on(pass(hour));
    assert_eq!(after, ahead + hour);
    for step in [Duration::from_millis(1), Duration::from_secs(1), 3 * hour] {
        let (before, after) = paused().block_on(pass(step));
        assert!(before < ahead + hour, "it begins at the real time, behind the first");
        assert_eq!(after, before + step);
    }
}

#[test]
fn a_runtime_older_than_the_first_look_at_a_clock_has_moving_time() {
    let old = paused();
    // The first look in the program, where no other test has had it.
    let (young, _) = paused().block_on(pass(Duration::ZERO));
    let (before, after) = old.block_on(pass(Duration::from_millis(1)));
    assert!(before <= young);
    assert_eq!(after, before + Duration::from_millis(1));
}

#[test]
fn a_handle_tells_its_own_runtimes_time() {
    let (one, other) = (paused(), paused());
    let before = other.handle().now();
    one.block_on(pass(Duration::from_secs(3600)));
    assert_eq!(other.handle().now(), before);
    one.block_on(async { assert_eq!(other.handle().now(), before, "inside another runtime too") });
}
