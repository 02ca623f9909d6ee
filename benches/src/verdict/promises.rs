//! The promises, one method a workload. Ratios of times are medians of the ratios in the same round.

use super::Judge;
use crate::results::{Measurement, median, ratios};
use crate::workload::Workload;
use crate::workload::Workload::{Backlog, Idle, PingPong, Pipelined, Producers, Results, Strategies, Used};

const OURS: &str = "telegram-sender";
const FIXED: &str = "telegram-sender, fixed storage";
const BARE: &str = crate::results::BASELINE;
const TOWER: &str = "tower Buffer";
const TOWER_SEQUENTIAL: &str = "tower Buffer + ConcurrencyLimit(1)";
const TOWER_LAYERS: &str = "tower, sequential + RateLimit + Timeout";
const THREE: &str = "telegram-sender, [timeout, limiter, retry]";

/// A block of an unbounded queue is allocated for every 31 entries: by the channel for its messages, by smol's executors
/// for turns of tasks.
const BLOCK: f64 = 1.0 / 31.0;

/// Counts of allocations differ by one or the other that belongs to the start.
const HAIR: f64 = 0.005;

impl Judge<'_> {
    pub(super) fn all(&mut self) -> Result<(), String> {
        self.pipelined()?;
        self.ping_pong()?;
        self.three_strategies()?;
        self.no_ops()?;
        self.fixed()?;
        self.backlog()?;
        self.producers()?;
        self.idle()?;
        self.results()
    }

    fn pipelined(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Pipelined) {
            self.at_most_bare(Pipelined, runtime, OURS, 1.10)?;
            let ours = self.find(Pipelined, runtime, OURS)?;
            // The channel's own blocks, and the executor's: the worker lets others run after each request.
            let own = if runtime.starts_with("smol") { 2.0 * BLOCK } else { BLOCK };
            let promise = format!("W1, {runtime}: allocations over what the channel and the executor make");
            self.must(promise, number(ours, ours.allocations)? - own, 1.0 + HAIR);
            for peer in [TOWER, "xtra", "actix", "ractor", "kameo"] {
                if let Some(peer) = self.results.find(Pipelined, runtime, peer) {
                    self.faster(ours, peer, false)?;
                }
            }
        }
        Ok(())
    }

    fn ping_pong(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(PingPong) {
            self.at_most_bare(PingPong, runtime, OURS, 1.10)?;
            let ours = self.find(PingPong, runtime, OURS)?;
            for (peer, is_aim) in [
                (TOWER_SEQUENTIAL, false),
                ("kameo", false),
                ("ractor", false),
                (TOWER, true),
                ("xtra", true),
            ] {
                if let Some(peer) = self.results.find(PingPong, runtime, peer) {
                    self.faster(ours, peer, is_aim)?;
                }
            }
        }
        Ok(())
    }

    fn three_strategies(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Strategies) {
            self.at_most_bare(Strategies, runtime, THREE, 1.5)?;
            let ours = self.find(Strategies, runtime, THREE)?;
            if let Some(tower) = self.results.find(Strategies, runtime, TOWER_LAYERS) {
                let promise = format!("W5, {runtime}: {THREE}, time × that of {TOWER_LAYERS}");
                self.must(promise, time_ratio(ours, tower)?, 0.5);
            }
        }
        Ok(())
    }

    fn no_ops(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Strategies) {
            let none = self.find(Strategies, runtime, OURS)?;
            let six = self.find(Strategies, runtime, "telegram-sender, six no-ops")?;
            // A difference this small is below the noise of most rounds: the quietest ones tell.
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

    fn backlog(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Backlog) {
            let ours: Vec<_> =
                self.results.of(Backlog, runtime).filter(|found| found.subject == OURS).collect();
            let [least, .., most] = ours.as_slice() else { return Err("W3 was not measured".to_owned()) };
            let bytes = number(most, most.byte_ratio)?;
            self.must(format!("W3, {runtime}: bytes per queued request × bare loop"), bytes, 1.2);
            let growth = number(most, most.time)? / number(least, least.time)?;
            let exponent = 1.0 + growth.ln() / (most.requests as f64 / least.requests as f64).ln();
            let promise = format!(
                "W3, {runtime}: the drain's time grows as a power of the number of requests: its exponent"
            );
            self.must(promise, exponent, 1.1);
        }
        Ok(())
    }

    fn producers(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Producers) {
            self.at_most_bare(Producers, runtime, OURS, 1.10)?;
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<(), String> {
        for workload in [Idle, Used] {
            for runtime in self.results.runtimes(workload) {
                let ours = self.find(workload, runtime, OURS)?;
                let promise = format!("{}, {runtime}: bytes per runner × bare loop", workload.name());
                self.must(promise, number(ours, ours.byte_ratio)?, 1.2);
            }
        }
        Ok(())
    }

    fn results(&mut self) -> Result<(), String> {
        for runtime in self.results.runtimes(Results) {
            let instructions = |subject: &str| {
                let found = self.find(Results, runtime, subject)?;
                number(found, found.instructions)
            };
            let ours = instructions(OURS)?;
            let off = ours / instructions("telegram-sender, results never kept")?;
            let push = instructions("bare loop with results")? - instructions(BARE)?;
            let on = (instructions("telegram-sender, results consumed")? - ours) / push;
            self.must(
                format!("W7, {runtime}: instructions without a consumer × with results off"),
                off,
                1.01,
            );
            self.must(
                format!("W7, {runtime}: instructions for results × those of the bare loop for them"),
                on,
                1.0,
            );
        }
        Ok(())
    }

    /// Time, and instructions where they were counted, as multiples of the bare loop's.
    fn at_most_bare(
        &mut self,
        workload: Workload,
        runtime: &str,
        subject: &str,
        at_most: f64,
    ) -> Result<(), String> {
        let ours = self.find(workload, runtime, subject)?;
        let what = format!("{}, {runtime}: {subject}", workload.name());
        self.must(format!("{what}, time × bare loop"), number(ours, ours.time_ratio)?, at_most);
        if let Some(ratio) = ours.instruction_ratio {
            self.must(format!("{what}, instructions × bare loop"), ratio, at_most);
        }
        Ok(())
    }

    fn faster(&mut self, ours: &Measurement, peer: &Measurement, is_aim: bool) -> Result<(), String> {
        let promise = format!("{}, {}: time × that of {}", ours.workload.name(), ours.runtime, peer.subject);
        let found = time_ratio(ours, peer)?;
        if is_aim {
            self.aim(promise, found, 1.0);
        } else {
            self.must(promise, found, 1.0);
        }
        Ok(())
    }
}

fn time_ratio(ours: &Measurement, theirs: &Measurement) -> Result<f64, String> {
    median(ratios(&ours.rounds, &theirs.rounds)).ok_or_else(|| unmeasured(ours))
}

fn fastest(of: &Measurement) -> Result<f64, String> {
    number(of, of.rounds.iter().copied().reduce(f64::min))
}

fn number(of: &Measurement, number: Option<f64>) -> Result<f64, String> {
    number.ok_or_else(|| unmeasured(of))
}

fn unmeasured(of: &Measurement) -> String {
    format!("a number is missing: {} / {} / {}", of.workload.name(), of.runtime, of.subject)
}
