//! tokio's current-thread runtime, with its time paused, as a scenario's world.

use std::rc::Rc;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use serde_json::Value;
use telegram_sender::Tokio;
use telegram_sender::runtime::{Instant, Spawner, Timer, TokioLocal};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::common::store::{OnHeap, Store};
use crate::conformance::driver::{self, Scripted, World, begin, trace};

/// tokio rounds timers up to milliseconds, while strategies compute waits to the nanosecond. So a scenario's
/// nanosecond takes a millisecond of tokio's time. The timers and the clock are still tokio's own, behind the same
/// backend that programs use.
const SCALE: u32 = 1_000_000;

/// tokio's timer, slower.
#[derive(Clone)]
struct SlowTokio {
    begun: Instant,
}

impl Timer for SlowTokio {
    fn now(&self) -> Instant {
        Instant::EPOCH + Tokio.now().saturating_duration_since(self.begun) / SCALE
    }

    async fn sleep(&self, duration: Duration) {
        Tokio.sleep(duration.saturating_mul(SCALE)).await;
    }
}

impl World for SlowTokio {
    fn elapsed(&self) -> Duration {
        self.now().saturating_duration_since(Instant::EPOCH)
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        let timer = self.clone();
        begin(async move { Timer::sleep(&timer, duration).await })
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        drop(Spawner::spawn(TokioLocal, task));
    }
}

/// The longest scenario, in seconds, that surely is within the range of instants at that scale.
const LONGEST: f64 = 3600.0;

pub(crate) fn play<Q: Store<Scripted>>(scenario: &Value) -> Vec<Value> {
    assert!(scenario["until"].as_f64() <= Some(LONGEST), "the slow clock would run out of range");
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let timer = SlowTokio { begun: Tokio.now() };
        driver::play::<Q, _>(scenario, Rc::new(timer.clone()), timer).await
    })
}

#[test]
fn times_finer_than_tokios_are_exact() {
    let scenario = serde_json::json!({
        "strategies": [{ "kind": "delay", "delay": 0.000_030 }, { "kind": "jitter", "attempts": 2, "delay": 0.000_1, "jitter_ratio": 0.333 }],
        "jitter_fraction": 0.75,
        "sender": { "*": [{ "after": 0.000_007, "rpc_error": { "code": 400 } }, { "after": 0.000_001, "ok": 1 }] },
        "script": [{ "at": 0.000_002, "request": "a" }, { "at": 0.000_002, "request": "b" }],
        "consume_results": true,
        "until": 1,
    });
    let virtually = crate::conformance::virtual_time::play::<OnHeap>(&scenario);
    assert_eq!(virtually.len(), 12);
    trace::compare(&virtually, &play::<OnHeap>(&scenario)).unwrap();
}
