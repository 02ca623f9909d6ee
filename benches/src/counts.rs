//! The counts of instructions and allocations that CI compares with those kept in `counts.json`.

mod compare;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cases::{self, Case};
use crate::failure::Failure;
use crate::measure::{allocations, instructions};
use crate::provenance::Provenance;
use crate::results::BASELINE;
use crate::workload::Workload;

pub(crate) use compare::{Finding, compare};

/// Two batches of W1: enough for counts that repeat to a thousandth.
const REQUESTS: u64 = 2000;

/// The content of `counts.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The reason for the last change of the numbers.
    pub(crate) reason: String,
    pub(crate) provenance: Provenance,
    /// The counts by case.
    pub(crate) counts: BTreeMap<String, Count>,
}

/// The cost of a request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) instructions: f64,
    /// The instructions as a multiple of the bare loop's, counted in the same run.
    pub(crate) of_bare_loop: f64,
    pub(crate) allocations: f64,
}

impl Kept {
    pub(crate) fn read() -> Result<Self, Failure> {
        let text = fs::read_to_string(file()).map_err(|error| format!("{}: {error}", file().display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    pub(crate) fn write(&self) -> Result<(), Failure> {
        Ok(fs::write(file(), serde_json::to_string_pretty(self)? + "\n")?)
    }
}

/// Counts on this machine.
pub(crate) fn count() -> Result<BTreeMap<String, Count>, Failure> {
    let mut cases = cases::all();
    cases.retain(is_kept);
    let allocations: Vec<f64> = cases.iter().map(|case| allocations::per_request(case, REQUESTS)).collect();
    let instructions = instructions::per_request(&cases, REQUESTS)?;
    let bare_loop_of = |case: &Case| {
        let is_it = |other: &Case| {
            other.subject == BASELINE && (other.workload, other.runtime) == (case.workload, case.runtime)
        };
        cases.iter().position(is_it).map(|at| instructions[at])
    };
    let mut counts = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        let bare_loop = bare_loop_of(case).ok_or("a workload without the bare loop")?;
        let of_bare_loop = round(instructions[at] / bare_loop);
        let count =
            Count { instructions: instructions[at], of_bare_loop, allocations: round(allocations[at]) };
        counts.insert(case.id(), count);
    }
    Ok(counts)
}

/// Returns true if `case` is one of ours, or a bare loop to compare with, and its counts are kept.
fn is_kept(case: &Case) -> bool {
    let is_ours = case.subject.starts_with("telegram-sender");
    (is_ours || case.subject == BASELINE)
        && instructions::can_count(case)
        && matches!(case.workload, Workload::Pipelined | Workload::PingPong | Workload::Strategies)
}

fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.json")
}
