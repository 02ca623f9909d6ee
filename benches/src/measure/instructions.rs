//! Counts instructions with callgrind, in a child process that runs one case of this program.
//!
//! Per request they are `(I(2N) - I(N)) / N`, so that the start and the stop cancel out. The count hardly depends on
//! the machine, and not at all on other programs there.

use std::env;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use crate::cases::Case;
use crate::failure::Failure;

/// Returns true if the count is meaningful. valgrind runs one thread at a time, so the case must run on one thread.
pub(crate) fn can_count(case: &Case) -> bool {
    case.is_repeatable && case.workload.is_per_request()
}

/// Returns the instructions per request of each case, from runs that differ by `requests` requests.
pub(crate) fn per_request(cases: &[Case], requests: u64) -> Result<Vec<f64>, Failure> {
    let counts = Mutex::new(vec![None; cases.len()]);
    let rest = Mutex::new(cases.iter().enumerate());
    let work = || -> Result<(), Failure> {
        loop {
            let Some((at, case)) = rest.lock().expect("nobody panics").next() else { return Ok(()) };
            let (once, twice) = (total(case, requests)?, total(case, 2 * requests)?);
            let count = twice.saturating_sub(once) as f64 / requests as f64;
            counts.lock().expect("nobody panics")[at] = Some((count * 10.0).round() / 10.0);
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("it does not panic"))
    })?;
    let counts = counts.into_inner().expect("nobody panics");
    Ok(counts.into_iter().map(|count| count.expect("all were counted")).collect())
}

/// Returns the instructions of a whole run.
fn total(case: &Case, requests: u64) -> Result<u64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["run", &case.id(), &requests.to_string()])
        .output()
        .map_err(|error| format!("valgrind, which counts instructions: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{} under valgrind: {}\n{told}", case.id(), output.status).into());
    }
    collected(&told).ok_or_else(|| format!("callgrind told no count:\n{told}").into())
}

/// Returns the count in callgrind's output.
fn collected(told: &str) -> Option<u64> {
    let line = told.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 1234\n==7==\n"), Some(1234));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
