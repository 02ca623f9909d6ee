//! The measurements, as they are written to `results.json`.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::provenance::Provenance;
use crate::workload::Workload;

/// The subject that all others are compared with.
pub(crate) const BASELINE: &str = "bare loop";

/// All measurements of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) provenance: Provenance,
    pub(crate) rounds: usize,
    pub(crate) measurements: Vec<Measurement>,
}

/// The measurement of one subject under one load on one runtime. In W6, values per request are per runner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measurement {
    pub(crate) workload: Workload,
    pub(crate) runtime: String,
    pub(crate) subject: String,
    /// The number of requests in a timed run.
    pub(crate) requests: u64,
    /// Nanoseconds per request: the median of the rounds.
    pub(crate) time: Option<f64>,
    /// The time as a multiple of the bare loop's in the same round: the median of the rounds.
    pub(crate) time_ratio: Option<f64>,
    /// Instructions per request.
    pub(crate) instructions: Option<f64>,
    /// The instructions as a multiple of the bare loop's.
    pub(crate) instruction_ratio: Option<f64>,
    /// Allocations per request.
    pub(crate) allocations: Option<f64>,
    /// Heap bytes held per request.
    pub(crate) bytes: Option<f64>,
    /// The bytes as a multiple of the bare loop's.
    pub(crate) byte_ratio: Option<f64>,
    /// Nanoseconds per request of the fastest round.
    pub(crate) fastest: Option<f64>,
    /// Nanoseconds per request, round by round. They are not written: medians say enough.
    #[serde(skip)]
    pub(crate) rounds: Vec<f64>,
}

impl Results {
    /// Returns the measurement of a subject, in W3 the one with the most requests.
    pub(crate) fn find(&self, workload: Workload, runtime: &str, subject: &str) -> Option<&Measurement> {
        self.of(workload, runtime).filter(|found| found.subject == subject).max_by_key(|found| found.requests)
    }

    /// Returns all measurements of one workload on one runtime.
    pub(crate) fn of(&self, workload: Workload, runtime: &str) -> impl Iterator<Item = &Measurement> {
        self.measurements.iter().filter(move |found| found.workload == workload && found.runtime == runtime)
    }

    /// Returns the runtimes on which a workload ran, in the order of the measurements.
    pub(crate) fn runtimes(&self, workload: Workload) -> Vec<&str> {
        let mut runtimes = Vec::new();
        for found in self.measurements.iter().filter(|found| found.workload == workload) {
            if !runtimes.contains(&found.runtime.as_str()) {
                runtimes.push(&found.runtime);
            }
        }
        runtimes
    }

    /// Computes the ratios to the bare loop of the same workload, runtime and size.
    pub(crate) fn compare(&mut self) {
        let baselines: Vec<Measurement> =
            self.measurements.iter().filter(|found| found.subject == BASELINE).cloned().collect();
        for found in &mut self.measurements {
            let baseline = baselines.iter().find(|baseline| {
                (baseline.workload, &baseline.runtime, baseline.requests)
                    == (found.workload, &found.runtime, found.requests)
            });
            let Some(baseline) = baseline else { continue };
            found.time_ratio = median(ratios(&found.rounds, &baseline.rounds));
            found.instruction_ratio = ratio(found.instructions, baseline.instructions);
            found.byte_ratio = ratio(found.bytes, baseline.bytes);
        }
    }

    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    pub(crate) fn write(&self, file: &Path) -> Result<(), Failure> {
        Ok(fs::write(file, serde_json::to_string_pretty(self)? + "\n")?)
    }
}

/// Returns the ratios of `ours` to `theirs`, round by round.
fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect()
}

/// Returns the median of `numbers`, or `None` if there are none.
pub(crate) fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let upper = numbers.get(numbers.len() / 2)?;
    let lower = numbers[(numbers.len() - 1) / 2];
    Some(f64::midpoint(lower, *upper))
}

fn ratio(ours: Option<f64>, theirs: Option<f64>) -> Option<f64> {
    Some(ours? / theirs?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(vec![]), None);
    }
}
