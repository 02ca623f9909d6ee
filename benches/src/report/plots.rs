//! The list of plots, with what each shows.

use std::path::Path;

use super::bars::{Bar, Bars};
use super::lines::{Line, Lines};
use crate::failure::Failure;
use crate::results::{BASELINE, Measurement, Results};
use crate::workload::Workload;

/// The runtimes by preference: a subject that ran on several is shown on the first of these, which has the most
/// peers.
const RUNTIMES: [&str; 3] = ["tokio current_thread", "actix system", "smol local"];

/// Draws all plots into `folder`.
pub(crate) fn draw(results: &Results, folder: &Path) -> Result<(), Failure> {
    let ratio = |ratio: f64| format!("{ratio:.2}");
    let count = |count: f64| format!("{count:.0}");
    let plots: [Plot; 5] = [
        (
            "pipelined.svg",
            "Time per request, 1,000 outstanding (bare loop of the same runtime = 1)",
            Workload::Pipelined,
            |found| found.time_ratio,
            ratio,
        ),
        (
            "ping_pong.svg",
            "Time per request, one at a time (bare loop of the same runtime = 1)",
            Workload::PingPong,
            |found| found.time_ratio,
            ratio,
        ),
        (
            "instructions.svg",
            "Instructions per request, 1,000 outstanding",
            Workload::Pipelined,
            |found| found.instructions,
            count,
        ),
        (
            "strategies.svg",
            "Instructions per request through strategies or layers, 1,000 outstanding",
            Workload::Strategies,
            |found| found.instructions,
            count,
        ),
        ("idle.svg", "Heap bytes per idle runner", Workload::Idle, |found| found.bytes, count),
    ];
    let elsewhere = format!("on {} where not said otherwise", RUNTIMES[0]);
    for (name, title, workload, value, format) in plots {
        let bars = bars(results, workload, value);
        Bars { title, notes: &notes(results, &elsewhere), rows: bars, format }.draw(&folder.join(name))?;
    }
    let title = "Nanoseconds per request to drain a queue of so many requests";
    let runtimes = format!("on {}", results.runtimes(Workload::Backlog).join(", "));
    Lines { title, notes: &notes(results, &runtimes), series: drains(results) }
        .draw(&folder.join("backlog.svg"))
}

type Value = fn(&Measurement) -> Option<f64>;

/// The file, the title, the workload, the value shown, and its format.
type Plot = (&'static str, &'static str, Workload, Value, fn(f64) -> String);

/// Returns a bar for each subject, the lowest first.
fn bars(results: &Results, workload: Workload, value: Value) -> Vec<Bar> {
    let mut shown: Vec<(&str, Bar)> = Vec::new();
    for (place, runtime) in RUNTIMES.into_iter().enumerate() {
        for found in results.of(workload, runtime) {
            let known = shown.iter().any(|(subject, _)| *subject == found.subject);
            let Some(value) = value(found).filter(|_| !known) else { continue };
            let label =
                if place == 0 { found.subject.clone() } else { format!("{} (on {runtime})", found.subject) };
            shown.push((
                &found.subject,
                Bar { label, value, is_ours: is_ours(found), is_baseline: is_baseline(found) },
            ));
        }
    }
    let mut bars: Vec<Bar> = shown.into_iter().map(|(_, bar)| bar).collect();
    bars.sort_by(|one, other| one.value.total_cmp(&other.value));
    bars
}

/// Returns a line for each subject: the drain's time over the number of requests.
fn drains(results: &Results) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for found in results.measurements.iter().filter(|found| found.workload == Workload::Backlog) {
        let Some(time) = found.time else { continue };
        let point = (found.requests as f64, time);
        if let Some(line) = lines.iter_mut().find(|line| line.label == found.subject) {
            line.points.push(point);
        } else {
            let (is_ours, is_baseline) = (is_ours(found), is_baseline(found));
            lines.push(Line { label: found.subject.clone(), points: vec![point], is_ours, is_baseline });
        }
    }
    lines
}

fn is_ours(found: &Measurement) -> bool {
    found.subject.starts_with("telegram-sender")
}

fn is_baseline(found: &Measurement) -> bool {
    found.subject == BASELINE
}

/// Returns the origin of the numbers, in lines that fit under a plot.
fn notes(results: &Results, runtime: &str) -> [String; 2] {
    let Results { provenance, rounds, .. } = results;
    let machine = format!("{}; {runtime}; medians of {rounds} rounds", provenance.machine());
    [machine, provenance.packages()]
}
