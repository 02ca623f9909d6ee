//! The summary on stdout at the end: how many were sent, why others were not, and what to do next.

use std::io::{self, Write};
use std::time::Duration;

use crate::campaign::Outcome;
use crate::plan::Plan;
use crate::stand_in::Tally;

/// The input of the summary.
pub(crate) struct Summary<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) plan: &'a Plan,
    pub(crate) elapsed: Duration,
    /// True if there is a report.
    pub(crate) report: bool,
}

impl Summary<'_> {
    /// Prints the summary. A closed stdout is no failure.
    pub(crate) fn print(&self) {
        let _ = self.write(&mut io::stdout().lock());
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let counts = self.outcome.counts;
        writeln!(out, "{} of {} sent in {:.1} s", counts.sent, counts.total, self.elapsed.as_secs_f64())?;
        if counts.failed > 0 {
            writeln!(out, "{} not sent:", counts.failed)?;
        }
        let mut reasons: Vec<_> = self.outcome.reasons.iter().collect();
        reasons.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
        for (reason, times) in reasons {
            writeln!(out, "{times:>5} × {reason}")?;
        }
        if counts.left() > 0 {
            writeln!(out, "{} left, nothing was sent to them", counts.left())?;
        }
        let advice = if self.plan.only_planted(self.outcome) {
            "Just these the stand-in was told to refuse, so the demo ends with exit code 0. With a list of yours it \
             would be 1."
        } else if counts.sent == counts.total {
            return Ok(());
        } else if !self.report {
            "There is no --report, so only this summary knows; with one, a run can be resumed."
        } else if counts.left() > 0 {
            "To go on: the same command with --resume. It skips those who are sent in the report."
        } else {
            "The report names them. The same command with --resume tries them again."
        };
        writeln!(out, "{advice}")
    }
}

/// Prints what the stand-in of a demonstration has received.
pub(crate) fn print_tally(tally: &Tally) {
    let _ = writeln!(io::stdout(), "The stand-in received {tally}.");
}
