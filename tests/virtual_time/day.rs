//! A day of traffic, one message a second, through five strategies, in virtual time.

use std::time::Duration;

use futures::StreamExt;
use telegram_sender::runner::{Exit, KeepResults};
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::{Reply, ScriptedSender, VirtualRuntime};
use telegram_sender::{Delay, RateLimiter, Requeue, Retry, SenderRunner, Timeout};

const DAY: u32 = 24 * 60 * 60;

#[test]
fn a_day_of_one_message_a_second_through_five_strategies() {
    let runtime = VirtualRuntime::new();
    let second = Duration::from_secs(1);
    let millis = Duration::from_millis;
    // Every tenth send is rejected, every thousandth asks for a wait, every ten thousandth hangs.
    let replies = (1..=10_000).map(|number| match number {
        10_000 => Reply::hang(),
        number if number % 1000 == 0 => Reply::reject(429).retry_after(millis(1500)),
        number if number % 10 == 0 => Reply::reject(500).after(millis(50)),
        _ => Reply::accept().after(millis(50)),
    });
    let replies: Vec<_> = replies.cycle().take(2 * DAY as usize).collect();
    let sender = ScriptedSender::new(runtime.timer()).replies(replies);
    let (exit, results) = runtime.block_on(async {
        let runner = SenderRunner::builder(sender.clone())
            .strategy(Timeout::new(millis(800)).unwrap())
            .strategy(RateLimiter::new(20, 10 * second).unwrap())
            .strategy(Retry::new(3, millis(100)))
            .strategy(Requeue::cycles(DAY / 100))
            .strategy(Delay::new(millis(5)))
            .results(KeepResults::while_read())
            .prepare(runtime.timer())
            .start(&runtime)
            .await
            .unwrap();
        let results = runtime.spawn(runner.results().count());
        for message in 0..DAY {
            drop(runner.request(message).await.unwrap());
            runtime.sleep(second).await;
        }
        (runner.close().await, results.await.unwrap())
    });
    assert_eq!(exit, Exit::Drained);
    let sends = sender.sends();
    let rounds = (DAY + DAY / 100) as usize;
    // Each round that got an answer is a result; the hung ones timed out.
    let hung = sends.iter().filter(|send| send.ended.unwrap().0 == send.started + millis(800)).count();
    assert_eq!((results, sends.len() > rounds), (rounds - hung, true));
    assert!((8..=10).contains(&hung), "{hung}");
    for window in sends.windows(21) {
        assert!(window[20].started >= window[0].started + 10 * second);
    }
    assert!(runtime.timer().elapsed() >= DAY * second);
}
