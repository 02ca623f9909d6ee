//! Measures all cases.

pub(crate) mod allocations;
pub(crate) mod instructions;
mod time;

use crate::cases::Case;
use crate::failure::Failure;
use crate::provenance::Provenance;
use crate::results::{Measurement, Results, median};

/// The effort of a measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// The number of timed rounds.
    pub(crate) rounds: usize,
    /// The difference in requests between the two runs that give instructions and allocations per request.
    pub(crate) counted: u64,
}

/// Measures `cases`. Prints its progress on stderr.
pub(crate) fn all(cases: &[Case], effort: Effort) -> Result<Results, Failure> {
    let mut measurements: Vec<Measurement> = cases.iter().map(unmeasured).collect();
    // Compared cases are timed in turns: one round of each, then the next round.
    let mut from = 0;
    while from < cases.len() {
        let to = from + cases[from..].iter().take_while(|case| are_compared(case, &cases[from])).count();
        let Case { workload, runtime, .. } = cases[from];
        if workload.is_timed() {
            eprintln!("timing {} on {runtime}, {} cases", workload.name(), to - from);
            let rounds = time::in_turns(&cases[from..to], effort.rounds);
            for (found, rounds) in measurements[from..to].iter_mut().zip(rounds) {
                found.time = median(rounds.clone());
                found.fastest = rounds.iter().copied().reduce(f64::min);
                found.rounds = rounds;
            }
        }
        from = to;
    }
    eprintln!("counting allocations and bytes");
    for (found, case) in measurements.iter_mut().zip(cases) {
        if case.workload.is_per_request() {
            found.allocations = Some(allocations::per_request(case, effort.counted));
        }
        if case.workload.holds_bytes() {
            found.bytes = Some(allocations::bytes_per_request(case));
        }
    }
    let counted: Vec<usize> = (0..cases.len()).filter(|&at| instructions::can_count(&cases[at])).collect();
    eprintln!("counting instructions of {} cases", counted.len());
    let of: Vec<Case> = counted.iter().map(|&at| cases[at]).collect();
    for (at, count) in counted.into_iter().zip(instructions::per_request(&of, effort.counted)?) {
        measurements[at].instructions = Some(count);
    }
    let mut results = Results { provenance: Provenance::here(), rounds: effort.rounds, measurements };
    results.compare();
    Ok(results)
}

/// Returns true if two cases are compared: two subjects, or in W3 one subject with different numbers of requests.
fn are_compared(one: &Case, other: &Case) -> bool {
    (one.workload, one.runtime) == (other.workload, other.runtime)
}

fn unmeasured(case: &Case) -> Measurement {
    Measurement {
        workload: case.workload,
        runtime: case.runtime.to_owned(),
        subject: case.subject.to_owned(),
        requests: case.requests,
        time: None,
        time_ratio: None,
        instructions: None,
        instruction_ratio: None,
        allocations: None,
        bytes: None,
        byte_ratio: None,
        fastest: None,
        rounds: Vec::new(),
    }
}
