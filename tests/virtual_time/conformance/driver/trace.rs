//! Traces: sorting by channel, keeping what was recorded, finding the first difference.

use std::fmt::Write;

use serde_json::Value;

/// Returns the sorted trace that a scenario expects, if it has one.
pub(crate) fn expected(scenario: &Value) -> Option<Vec<Value>> {
    let mut events = scenario.get("trace").or_else(|| scenario.get("expected"))?.as_array()?.clone();
    sort(&mut events);
    Some(events)
}

fn channel(event: &Value) -> usize {
    match event["event"].as_str().unwrap_or_default() {
        "send_started" | "send_finished" | "requeued" | "strategy" => 0,
        "result_yielded" | "result_timeout" | "result_cancelled" | "results_dropped" => 1,
        "reply_resolved" => 2,
        "results_ended" => 4,
        _ => 3,
    }
}

fn micros(event: &Value) -> i64 {
    (event["t"].as_f64().unwrap_or(-1.0) * 1e6).round() as i64
}

/// Sorts the events, stably, by time and channel; within the channels of readers, by reader.
pub(crate) fn sort(events: &mut [Value]) {
    events.sort_by_key(|event| {
        let reader =
            if matches!(channel(event), 1 | 4) { event["by"].as_str().unwrap_or_default() } else { "" };
        (micros(event), channel(event), reader.to_owned())
    });
}

/// Drops the kinds of events that the scenario does not record, and all events after its `max_sends` sends.
pub(crate) fn keep_recorded(scenario: &Value, events: &mut Vec<Value>) {
    if let Some(kinds) = scenario["record"].as_array() {
        events.retain(|event| kinds.contains(&event["event"]));
    }
    if let Some(sends) = scenario["max_sends"].as_u64() {
        let mut started = 0;
        let cut = events.iter().position(|event| {
            started += u64::from(event["event"] == "send_started");
            started > sends
        });
        events.truncate(cut.unwrap_or(events.len()));
    }
}

/// Returns an event as text. Equal events have equal texts, whatever the form of their numbers.
fn text(event: &Value) -> String {
    let mut text = format!("{:>10.6}", micros(event) as f64 / 1e6);
    let fields = event.as_object().expect("an event is an object");
    let mut keys: Vec<_> = fields.keys().filter(|key| *key != "t" && *key != "event").collect();
    keys.sort();
    write!(text, " {}", event["event"].as_str().unwrap_or_default()).unwrap();
    for key in keys {
        write!(text, " {key}={}", plain(&fields[key])).unwrap();
    }
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{}", number.as_f64().unwrap_or(f64::NAN)),
        Value::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key}:{}", plain(value))).collect();
            format!("{{{}}}", fields.join(" "))
        }
        other => other.to_string(),
    }
}

/// Returns the first difference, with both traces around it.
pub(crate) fn compare(expected: &[Value], actual: &[Value]) -> Result<(), String> {
    let expected: Vec<_> = expected.iter().map(text).collect();
    let actual: Vec<_> = actual.iter().map(text).collect();
    if expected == actual {
        return Ok(());
    }
    let first = expected.iter().zip(&actual).position(|(expected, actual)| expected != actual);
    let first = first.unwrap_or(expected.len().min(actual.len()));
    let mut difference = String::new();
    for (name, events) in [("expected", &expected), ("actual", &actual)] {
        writeln!(difference, "  {name} ({} events):", events.len()).unwrap();
        for (index, event) in events.iter().enumerate().skip(first.saturating_sub(3)).take(8) {
            writeln!(difference, "  {}{event}", if index == first { ">" } else { " " }).unwrap();
        }
    }
    Err(difference)
}

/// Writes the events as a scenario file has them, one a line.
pub(crate) fn write(events: &[Value]) -> String {
    let lines: Vec<_> = events.iter().map(|event| format!(" {event}")).collect();
    format!("\"trace\":[\n{}\n]", lines.join(",\n"))
}
