//! The promises, one method per workload. Ratios of times are medians of the ratios in the same round.

use super::Judge;
use crate::cases::FROM_BLOCK_ON;
use crate::promised::{FIXED, LEAN, OURS, instructions_at_most};
use crate::results::Measurement;
use crate::workload::Workload;
use crate::workload::Workload::{Backlog, Idle, PingPong, Pipelined, Producers, Results, Strategies, Used};

/// The storages that need an allocator.
const ON_THE_HEAP: [&str; 2] = [OURS, LEAN];
const BARE: &str = crate::results::BASELINE;
const TOWER: &str = "tower Buffer";
const TOWER_SEQUENTIAL: &str = "tower Buffer + ConcurrencyLimit(1)";
const TOWER_LAYERS: &str = "tower, sequential + RateLimit + Timeout";
/// The suffix of subjects with these strategies.
const THREE: &str = "[timeout, limiter, retry]";

/// The allocations per entry of an unbounded queue, which allocates a block for every 31 entries: the channel for
/// messages, smol's executors for scheduled tasks.
const BLOCK: f64 = 1.0 / 31.0;

/// The tolerance of allocations per request, because a few belong to the start.
const HAIR: f64 = 0.005;

impl<'a> Judge<'a> {
    /// Returns the runtimes where `subject` was measured under `workload`. The default storage must be on all of
    /// them.
    fn runtimes(&self, workload: Workload, subject: &str) -> Vec<&'a str> {
        let mut runtimes = self.results.runtimes(workload);
        runtimes.retain(|runtime| subject == OURS || self.results.find(workload, runtime, subject).is_some());
        runtimes
    }
}

impl Judge<'_> {
    pub(super) fn all(&mut self) -> Result<(), String> {
        for ours in ON_THE_HEAP {
            self.pipelined(ours)?;
            self.ping_pong(ours)?;
            self.three_strategies(&format!("{ours}, {THREE}"))?;
            self.backlog(ours)?;
            self.producers(ours)?;
            self.idle(ours)?;
            self.results(ours)?;
        }
        self.no_ops()?;
        self.results_off()?;
        self.fixed()
    }

    /// For the default storage, only ractor and kameo must be slower. The other peers are aims: on a processor with
    /// slow atomic operations, tower's buffer and xtra are faster than the bare loop itself.
    fn pipelined(&mut self, subject: &str) -> Result<(), String> {
        for runtime in self.runtimes(Pipelined, subject) {
            self.at_most_bare(Pipelined, runtime, subject, promised(Pipelined, runtime, subject))?;
            let ours = self.find(Pipelined, runtime, subject)?;
            let promise = format!("W1, {runtime}: {subject}, allocations over what the channel makes");
            let channels = if subject == OURS { BLOCK } else { 0.0 };
            let allocations = number(ours, ours.allocations)? - channels;
            self.line(promise, allocations, 1.0 + HAIR, is_told_only(runtime));
            for peer in [TOWER, "xtra", "actix", "ractor", "kameo"] {
                if let Some(peer) = self.results.find(Pipelined, runtime, peer) {
                    let is_sure = matches!(peer.subject.as_str(), "ractor" | "kameo");
                    self.faster(ours, peer, subject == OURS && !is_sure)?;
                }
            }
        }
        Ok(())
    }

    fn ping_pong(&mut self, subject: &str) -> Result<(), String> {
        for runtime in self.runtimes(PingPong, subject) {
            self.at_most_bare(PingPong, runtime, subject, promised(PingPong, runtime, subject))?;
            let ours = self.find(PingPong, runtime, subject)?;
            for peer in ["kameo", "ractor", TOWER_SEQUENTIAL, TOWER, "xtra", "actix"] {
                if let Some(peer) = self.results.find(PingPong, runtime, peer) {
                    self.faster(ours, peer, subject == OURS && peer.subject != "kameo")?;
                }
            }
        }
        Ok(())
    }

    fn three_strategies(&mut self, subject: &str) -> Result<(), String> {
        for runtime in self.results.runtimes(Strategies) {
            let is_default = subject.starts_with(OURS) && !subject.starts_with(LEAN);
            self.at_most_bare(Strategies, runtime, subject, if is_default { 1.6 } else { 1.2 })?;
            let ours = self.find(Strategies, runtime, subject)?;
            if let Some(tower) = self.results.find(Strategies, runtime, TOWER_LAYERS) {
                let promise = format!("W5, {runtime}: {subject}, time × that of {TOWER_LAYERS}");
                self.must(promise, time_ratio(ours, tower)?, 0.5);
            }
        }
        Ok(())
    }

    fn no_ops(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Strategies) {
            let none = self.find(Strategies, runtime, OURS)?;
            let six = self.find(Strategies, runtime, "telegram-sender, six no-ops")?;
            // A difference this small is below the noise of most rounds, so the fastest ones decide.
            let per_strategy = (fastest(six)? - fastest(none)?) / 6.0;
            self.must(
                format!("W5, {runtime}: ns per no-op strategy, by the fastest rounds"),
                per_strategy,
                3.0,
            );
            let allocations = number(six, six.allocations)? - number(none, none.allocations)?;
            self.must(format!("W5, {runtime}: allocations of six no-op strategies"), allocations, HAIR);
        }
        Ok(())
    }

    fn fixed(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Pipelined) {
            let Some(fixed) = self.results.find(Pipelined, runtime, FIXED) else { continue };
            self.at_most_bare(Pipelined, runtime, FIXED, 0.6)?;
            let promise = format!("W1, {runtime}: {FIXED}, allocations over what the executor makes");
            self.must(promise, number(fixed, fixed.allocations)? - BLOCK, HAIR);
        }
        Ok(())
    }

    fn backlog(&mut self, subject: &str) -> Result<(), String> {
        for runtime in self.results.runtimes(Backlog) {
            let ours: Vec<_> =
                self.results.of(Backlog, runtime).filter(|found| found.subject == subject).collect();
            let [least, .., most] = ours.as_slice() else { return Err("W3 was not measured".to_owned()) };
            let bytes = number(most, most.byte_ratio)?;
            self.must(format!("W3, {runtime}: {subject}, bytes per queued request × bare loop"), bytes, 1.3);
            let growth = time_ratio(most, least)?;
            let exponent = 1.0 + growth.ln() / (most.requests as f64 / least.requests as f64).ln();
            let promise = format!(
                "W3, {runtime}: {subject}, the drain's time is a power of the number of requests: its exponent"
            );
            self.must(promise, exponent, 1.1);
        }
        Ok(())
    }

    fn producers(&mut self, subject: &str) -> Result<(), String> {
        for runtime in self.results.runtimes(Producers) {
            self.at_most_bare(Producers, runtime, subject, 1.2)?;
        }
        Ok(())
    }

    fn idle(&mut self, subject: &str) -> Result<(), String> {
        for (workload, at_most) in [(Idle, 1.5), (Used, 1.35)] {
            for runtime in self.results.runtimes(workload) {
                let ours = self.find(workload, runtime, subject)?;
                let promise =
                    format!("{}, {runtime}: {subject}, bytes per runner × bare loop", workload.name());
                self.must(promise, number(ours, ours.byte_ratio)?, at_most);
            }
        }
        Ok(())
    }

    /// Compares the cost of the results of `subject` with that of the bare loop's queue for them.
    fn results(&mut self, subject: &str) -> Result<(), String> {
        for runtime in self.results.runtimes(Results) {
            let push =
                self.instructions(runtime, "bare loop with results")? - self.instructions(runtime, BARE)?;
            let on = self.instructions(runtime, &format!("{subject}, results consumed"))?;
            let off = self.instructions(runtime, subject)?;
            let promise =
                format!("W7, {runtime}: {subject}, instructions for results × the bare loop's for them");
            self.must(promise, (on - off) / push, 1.0);
        }
        Ok(())
    }

    fn results_off(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Results) {
            let never = self.instructions(runtime, "telegram-sender, results never kept")?;
            let promise = format!("W7, {runtime}: instructions without a consumer × with results off");
            self.must(promise, self.instructions(runtime, OURS)? / never, 1.01);
        }
        Ok(())
    }

    fn instructions(&self, runtime: &str, subject: &str) -> Result<f64, String> {
        let found = self.find(Results, runtime, subject)?;
        number(found, found.instructions)
    }

    /// Limits time, and instructions if they were counted, as multiples of the bare loop's.
    fn at_most_bare(
        &mut self,
        workload: Workload,
        runtime: &str,
        subject: &str,
        at_most: f64,
    ) -> Result<(), String> {
        let ours = self.find(workload, runtime, subject)?;
        let what = format!("{}, {runtime}: {subject}", workload.name());
        let time = number(ours, ours.time_ratio)?;
        self.line(format!("{what}, time × bare loop"), time, at_most, is_told_only(runtime));
        if let Some(ratio) = ours.instruction_ratio {
            self.must(format!("{what}, instructions × bare loop"), ratio, at_most);
        }
        Ok(())
    }

    fn faster(&mut self, ours: &Measurement, peer: &Measurement, is_aim: bool) -> Result<(), String> {
        let promise = format!(
            "{}, {}: {}, time × that of {}",
            ours.workload.name(),
            ours.runtime,
            ours.subject,
            peer.subject
        );
        let found = time_ratio(ours, peer)?;
        self.line(promise, found, 1.0, is_aim || is_told_only(&ours.runtime));
        Ok(())
    }
}

/// Returns the promise about instructions, which must hold for time, too. Without one, the limit is the bare loop.
fn promised(workload: Workload, runtime: &str, subject: &str) -> f64 {
    instructions_at_most(&format!("{} / {runtime} / {subject}", workload.name())).unwrap_or(1.0)
}

/// Returns true if times on `runtime` are printed but not judged. From `block_on`, the time depends on where the
/// kernel places the two threads, and hardly on the subject.
fn is_told_only(runtime: &str) -> bool {
    runtime == FROM_BLOCK_ON
}

fn time_ratio(ours: &Measurement, theirs: &Measurement) -> Result<f64, String> {
    Ok(number(ours, ours.time)? / number(theirs, theirs.time)?)
}

fn fastest(of: &Measurement) -> Result<f64, String> {
    number(of, of.fastest)
}

fn number(of: &Measurement, number: Option<f64>) -> Result<f64, String> {
    number.ok_or_else(|| unmeasured(of))
}

fn unmeasured(of: &Measurement) -> String {
    format!("a number is missing: {} / {} / {}", of.workload.name(), of.runtime, of.subject)
}
