//! Plays a scenario against the runner in virtual time and records what happens.

mod operations;
mod sender;
mod strategies;
pub mod trace;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use telegram_sender::testing::VirtualRuntime;
use telegram_sender::{KeepResults, SenderRunner, Spawner, Timer};

use self::operations::Stage;
use self::sender::Scripted;

/// The events so far, with a clock that stamps them.
#[derive(Clone)]
pub struct Log {
    runtime: VirtualRuntime,
    events: Rc<RefCell<Vec<Value>>>,
}

impl Log {
    fn add(&self, event: &str, mut fields: Value) {
        fields["t"] = json!(self.runtime.timer().elapsed().as_secs_f64());
        fields["event"] = json!(event);
        self.events.borrow_mut().push(fields);
    }
}

fn seconds(value: &Value) -> Duration {
    // Recorded to the microsecond at the finest.
    Duration::from_nanos((value.as_f64().expect("a time in seconds") * 1e9).round() as u64)
}

/// Plays `scenario` and gives its trace, sorted.
pub fn play(scenario: &Value) -> Vec<Value> {
    let runtime = VirtualRuntime::new();
    let log = Log { runtime: runtime.clone(), events: Rc::default() };
    let Ok(strategies) = strategies::build(scenario, &log) else {
        // Refused at construction: there is no runner, and nothing happens.
        return Vec::new();
    };
    let sender = Scripted::new(scenario, log.clone());
    let builder = SenderRunner::builder(sender.clone()).strategy(strategies).results(KeepResults::always());
    let (runner, worker) = builder.prepare(runtime.timer()).run();
    let stage = Rc::new(Stage::new(runner, Box::pin(worker), sender, log.clone(), runtime.clone()));
    if scenario["enter"] != false {
        stage.enter();
    }
    let script = scenario["script"].as_array().cloned().unwrap_or_default();
    drop(runtime.spawn({
        let (stage, timer) = (stage.clone(), runtime.timer());
        async move {
            // Made before anything else sleeps, so that the operations of an instant come before the timers due then.
            let script: Vec<_> = script
                .into_iter()
                .map(|operation| (timer.sleep(seconds(&operation["at"])), operation))
                .collect();
            for (at, operation) in script {
                at.await;
                stage.begin(operation);
            }
        }
    }));
    match &scenario["consume_results"] {
        Value::Bool(false) | Value::Null => {}
        Value::Bool(true) => stage.read_results("main", Duration::ZERO, None),
        reader => {
            let pause = reader.get("delay").map(seconds).unwrap_or_default();
            let from = reader.get("from").map(seconds).unwrap_or_default();
            let (stage, timer) = (stage.clone(), runtime.timer());
            let start = async move {
                timer.sleep(from).await;
                stage.read_results("main", pause, None);
            };
            drop(runtime.spawn(start));
        }
    }
    let body = scenario["body"].as_array().cloned().unwrap_or_default();
    drop(runtime.spawn({
        let stage = stage.clone();
        async move {
            for operation in body {
                stage.perform(operation).await;
            }
        }
    }));
    runtime.run_for(scenario.get("until").map_or(Duration::from_secs(60), seconds));
    let mut events = log.events.take();
    trace::sort(&mut events);
    trace::keep_recorded(scenario, &mut events);
    events
}

impl Stage {
    /// Starts a reader that takes `pause` for each response.
    fn read_results(&self, by: &str, pause: Duration, count: Option<u64>) {
        let mut results = self.runner().results();
        let (log, timer, by) = (self.log.clone(), self.runtime.timer(), by.to_owned());
        drop(self.runtime.spawn(async move {
            let mut left = count;
            while left != Some(0) {
                let Some(answer) = results.next().await else {
                    log.add("results_ended", json!({ "by": by }));
                    return;
                };
                log.add("result_yielded", operations::answer_fields(answer.response, json!({ "by": by })));
                left = left.map(|left| left - 1);
                if !pause.is_zero() {
                    timer.sleep(pause).await;
                }
            }
            log.add("results_dropped", json!({ "by": by }));
        }));
    }
}
