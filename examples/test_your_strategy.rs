//! A test of a custom strategy over a whole day, in virtual time: it takes milliseconds, and every run is the same.
//!
//! ```text
//! cargo run --example test_your_strategy --features testing
//! ```

use std::time::Duration;

use telegram_sender::runtime::Timer as _;
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::testing::{Reply, ScriptedSender, VirtualRuntime};
use telegram_sender::{MessageSender, RateLimiter, SendStrategy, SenderRunner};

const HOUR: u64 = 3600;

/// Sends only between six and twenty-two o'clock: a request that comes at night waits for the morning.
struct DaytimeOnly;

impl<S: MessageSender> SendStrategy<S> for DaytimeOnly {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        let second_of_day = cx.now().as_nanos() / 1_000_000_000 % (24 * HOUR);
        let until_six = match second_of_day / HOUR {
            0..6 => 6 * HOUR - second_of_day,
            6..22 => 0,
            _ => 30 * HOUR - second_of_day,
        };
        cx.sleep(Duration::from_secs(until_six)).await;
        inner.send(cx, request).await
    }
}

fn main() {
    let runtime = VirtualRuntime::new();
    let sender = ScriptedSender::new(runtime.timer()).replies([Reply::accept()]);
    runtime.block_on(async {
        let runner = SenderRunner::builder(sender.clone())
            .strategy(RateLimiter::new(10, Duration::from_secs(1)).unwrap())
            .strategy(DaytimeOnly)
            .prepare(runtime.timer())
            .start(&runtime)
            .await
            .unwrap();
        // From midnight to midnight, one request each minute.
        for minute in 0..24 * 60 {
            drop(runner.try_request(minute).unwrap());
            runtime.timer().sleep(Duration::from_secs(60)).await;
        }
        runner.close().await;
    });
    let sends = sender.sends();
    let hours: Vec<u64> = sends.iter().map(|send| send.started.as_nanos() / 1_000_000_000 / HOUR).collect();
    assert_eq!(sends.len(), 24 * 60, "nothing is lost");
    assert!(sends.iter().map(|send| send.request).eq(0..24 * 60), "nor is the order");
    assert!(hours.iter().all(|hour| (6..22).contains(&(hour % 24))), "nothing is sent at night");
    let at_six = hours.iter().filter(|hour| **hour == 6).count();
    assert_eq!(at_six, 6 * 60 + 60, "the night's requests are sent first thing in the morning");
    let burst = sends.windows(11).map(|sends| sends[10].started.saturating_duration_since(sends[0].started));
    assert!(burst.min().unwrap() >= Duration::from_secs(1), "and not all at once");
    println!(
        "a day in no time: {} requests, the last one sent at hour {}",
        sends.len(),
        hours.last().unwrap()
    );
}

#[test]
fn nothing_is_sent_at_night() {
    main();
}
