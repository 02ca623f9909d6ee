//! Checks the promises by the numbers of one run.

mod promises;

use std::fmt;

use crate::results::{Measurement, Results};
use crate::workload::Workload;

/// One promise, or a part of it, and the measured value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) promise: String,
    pub(crate) found: f64,
    pub(crate) at_most: f64,
    /// True for an aim: it is printed, but missing it is no failure.
    pub(crate) is_aim: bool,
}

impl Line {
    pub(crate) fn holds(&self) -> bool {
        self.found <= self.at_most
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match (self.holds(), self.is_aim) {
            (true, _) => "holds",
            (false, true) => "aim missed",
            (false, false) => "FAILS",
        };
        write!(f, "{verdict:<10}  {:>7.2} of at most {:>5.2}  {}", self.found, self.at_most, self.promise)
    }
}

/// Returns all promises.
///
/// A missing measurement is an error, because its promise would always hold.
pub(crate) fn lines(results: &Results) -> Result<Vec<Line>, String> {
    let mut judge = Judge { results, lines: Vec::new() };
    judge.all()?;
    Ok(judge.lines)
}

struct Judge<'a> {
    results: &'a Results,
    lines: Vec<Line>,
}

impl<'a> Judge<'a> {
    fn find(&self, workload: Workload, runtime: &str, subject: &str) -> Result<&'a Measurement, String> {
        let found = self.results.find(workload, runtime, subject);
        found.ok_or_else(|| format!("not measured: {} / {runtime} / {subject}", workload.name()))
    }

    fn must(&mut self, promise: String, found: f64, at_most: f64) {
        self.line(promise, found, at_most, false);
    }

    fn line(&mut self, promise: String, found: f64, at_most: f64, is_aim: bool) {
        self.lines.push(Line { promise, found, at_most, is_aim });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_its_limit_fails() {
        let line = |found| Line { promise: String::new(), found, at_most: 1.1, is_aim: false };
        assert!(line(1.1).holds());
        assert!(!line(1.11).holds());
        assert!(line(1.11).to_string().starts_with("FAILS"));
    }
}
