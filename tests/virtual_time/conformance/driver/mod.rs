//! Plays a scenario against the runner in some world's time and records the events.

mod operations;
mod sender;
mod strategies;
pub(crate) mod trace;
mod world;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use serde_json::{Value, json};
use smol::future::yield_now;
use telegram_sender::SenderRunner;
use telegram_sender::runner::KeepResults;
use telegram_sender::runtime::Timer;
use telegram_sender::storage::Storage;

use crate::common::store::Store;

use self::operations::Stage;
pub(crate) use self::sender::Scripted;
pub(crate) use self::world::{World, begin};

/// The events so far, with a clock that stamps them.
#[derive(Clone)]
pub(crate) struct Log {
    world: Rc<dyn World>,
    events: Rc<RefCell<Vec<Value>>>,
}

impl Log {
    fn add(&self, event: &str, mut fields: Value) {
        fields["t"] = json!(self.world.elapsed().as_secs_f64());
        fields["event"] = json!(event);
        self.events.borrow_mut().push(fields);
    }
}

fn seconds(value: &Value) -> Duration {
    // The records are no finer than a microsecond.
    Duration::from_nanos((value.as_f64().expect("a time in seconds") * 1e9).round() as u64)
}

/// Plays `scenario` in `world`, whose runner has `timer`. Returns the sorted trace.
pub(crate) async fn play<Q: Store<Scripted>, T: Timer + 'static>(
    scenario: &Value,
    world: Rc<dyn World>,
    timer: T,
) -> Vec<Value> {
    let log = Log { world: world.clone(), events: Rc::default() };
    let Ok(strategies) = strategies::build(scenario, &log) else {
        // The strategies were refused: there is no runner, and nothing happens.
        return Vec::new();
    };
    let sender = Scripted::new(scenario, log.clone());
    let builder = SenderRunner::builder(sender.clone()).strategy(strategies).results(KeepResults::always());
    let (runner, worker) = Q::prepare(builder, timer).run();
    let stage = Rc::new(Stage::new(runner, worker.map(drop).boxed_local(), sender, log.clone()));
    if scenario["enter"] != false {
        stage.enter();
    }
    let script = scenario["script"].as_array().cloned().unwrap_or_default();
    world.spawn({
        let (stage, world) = (stage.clone(), world.clone());
        let performed = async move {
            // The script's sleeps come before all others, so the operations of an instant precede the timers due
            // then.
            let script: Vec<_> = script
                .into_iter()
                .map(|operation| (world.sleep(seconds(&operation["at"])), operation))
                .collect();
            for (at, operation) in script {
                at.await;
                stage.begin(operation);
            }
        };
        performed.boxed_local()
    });
    match &scenario["consume_results"] {
        Value::Bool(false) | Value::Null => {}
        Value::Bool(true) => stage.read_results("main", Duration::ZERO, None),
        reader => {
            let pause = reader.get("delay").map(seconds).unwrap_or_default();
            let from = reader.get("from").map(seconds).unwrap_or_default();
            let (stage, log) = (stage.clone(), log.clone());
            let start = async move {
                log.world.sleep(from).await;
                stage.read_results("main", pause, None);
            };
            world.spawn(start.boxed_local());
        }
    }
    let body = scenario["body"].as_array().cloned().unwrap_or_default();
    world.spawn({
        let stage = stage.clone();
        let performed = async move {
            for operation in body {
                stage.perform(operation).await;
            }
        };
        performed.boxed_local()
    });
    // The tasks create their sleeps before this one, so their work at the last instant comes before the end.
    yield_now().await;
    world.sleep(scenario.get("until").map_or(Duration::from_secs(60), seconds)).await;
    let mut events = log.events.take();
    trace::sort(&mut events);
    trace::keep_recorded(scenario, &mut events);
    events
}

impl<T: Timer + 'static, Q: Storage<Scripted> + 'static> Stage<T, Q> {
    /// Starts a reader that pauses for `pause` after each response.
    fn read_results(&self, by: &str, pause: Duration, count: Option<u64>) {
        let mut results = self.runner().results();
        let (log, by) = (self.log.clone(), by.to_owned());
        let read = async move {
            let mut left = count;
            while left != Some(0) {
                let Some(answer) = results.next().await else {
                    log.add("results_ended", json!({ "by": by }));
                    return;
                };
                log.add("result_yielded", operations::answer_fields(answer.response, json!({ "by": by })));
                left = left.map(|left| left - 1);
                if !pause.is_zero() {
                    log.world.sleep(pause).await;
                }
            }
            log.add("results_dropped", json!({ "by": by }));
        };
        self.log.world.spawn(read.boxed_local());
    }
}
