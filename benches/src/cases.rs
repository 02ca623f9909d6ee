//! All cases: which subject is measured under which load on which runtime.

use crate::runtime::{Actix, Runtime, Smol, SmolLocal, SmolTwoThreads, TokioCurrent, TokioMulti};
use crate::subject::{Client, Producer, Results, Subject};
use crate::subjects::actix::Actix as ActixActor;
use crate::subjects::bare_loop::{BareLoop, BareLoopWithResults};
use crate::subjects::direct::Direct;
use crate::subjects::fixed::{Fixed, FixedWithResults};
use crate::subjects::floor::Floor;
use crate::subjects::heap::{
    AlwaysYields, FourStrategies, Heap, HeapWithResults, OneNoOp, SixNoOps, ThreeStrategies, WithoutResults,
};
use crate::subjects::kameo::Kameo;
use crate::subjects::lean::{Lean, LeanThreeStrategies, LeanWithResults};
use crate::subjects::ractor::Ractor;
use crate::subjects::tokio_channels::TokioChannels;
use crate::subjects::tower::{TowerBuffer, TowerLayers, TowerOneNoOp, TowerSequential, TowerSixNoOps};
use crate::subjects::xtra::Xtra;
use crate::workload::Workload;
use crate::workloads::pipelined::OUTSTANDING;
use crate::workloads::{Run, backlog, idle, ping_pong, pipelined, producers, results};

/// The name of the runtime with two threads if `block_on`, and no task, makes the requests of W1 and W2.
pub(crate) const FROM_BLOCK_ON: &str = "tokio multi_thread, from block_on";

/// The number of runners that W6 starts.
const RUNNERS: u64 = 10_000;

/// One subject under one load on one runtime.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) workload: Workload,
    pub(crate) runtime: &'static str,
    /// True if each run takes the same instructions.
    pub(crate) is_repeatable: bool,
    pub(crate) subject: &'static str,
    /// The number of requests in a timed run (in W6: runners).
    pub(crate) requests: u64,
    /// Runs the case once with that number of requests.
    pub(crate) run: fn(u64) -> Run,
}

impl Case {
    /// Returns its name on a command line and in files.
    pub(crate) fn id(&self) -> String {
        format!("{} / {} / {}", self.workload.name(), self.runtime, self.subject)
    }
}

/// Returns every case. Cases that are compared with each other are adjacent.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    cases.pipelined_and_ping_pong();
    cases.backlogs();
    cases.many_producers();
    cases.strategies();
    cases.many_runners();
    cases.with_results();
    // A stable sort keeps compared cases together.
    cases.0.sort_by_key(|case| (case.workload, case.runtime == FROM_BLOCK_ON));
    cases.0
}

struct Cases(Vec<Case>);

impl Cases {
    fn push<R: Runtime, S: Subject<R>>(&mut self, workload: Workload, requests: u64, run: fn(u64) -> Run) {
        let is_repeatable = R::IS_REPEATABLE;
        self.0.push(Case { workload, runtime: R::NAME, is_repeatable, subject: S::NAME, requests, run });
    }

    fn pipelined_and_ping_pong(&mut self) {
        self.both::<SmolLocal, BareLoop>();
        self.both::<SmolLocal, Heap>();
        self.both::<SmolLocal, AlwaysYields>();
        self.both::<SmolLocal, Lean>();
        self.both::<SmolLocal, Fixed>();
        self.both::<SmolLocal, Direct>();
        self.both::<SmolLocal, Floor>();
        self.both_on_any_runtime::<SmolLocal>();

        self.both::<Smol, BareLoop>();
        self.both::<Smol, Heap>();
        self.both::<Smol, Lean>();
        self.both_on_any_runtime::<Smol>();

        self.both::<TokioCurrent, BareLoop>();
        self.both::<TokioCurrent, Heap>();
        self.both::<TokioCurrent, Lean>();
        self.both::<TokioCurrent, AlwaysYields>();
        self.both_on_any_runtime::<TokioCurrent>();
        self.both_on_tokio::<TokioCurrent>();

        self.both::<Actix, BareLoop>();
        self.both::<Actix, Heap>();
        self.both::<Actix, ActixActor>();

        self.both_on_two_threads::<BareLoop>();
        self.both_on_two_threads::<Heap>();
        self.both_on_two_threads::<Lean>();
        self.both_on_two_threads::<TokioChannels>();
        self.both_on_two_threads::<TowerBuffer>();
        self.both_on_two_threads::<TowerSequential>();
        self.both_on_two_threads::<Xtra>();
        self.both_on_two_threads::<TowerLayers>();
        self.both_on_two_threads::<Ractor>();
        self.both_on_two_threads::<Kameo>();
    }

    fn both_on_any_runtime<R: Runtime>(&mut self) {
        self.both::<R, TokioChannels>();
        self.both::<R, TowerBuffer>();
        self.both::<R, TowerSequential>();
        self.both::<R, Xtra>();
    }

    fn both_on_tokio<R: Runtime>(&mut self) {
        self.both::<R, TowerLayers>();
        self.both::<R, Ractor>();
        self.both::<R, Kameo>();
    }

    fn both<R: Runtime, S: Subject<R>>(&mut self) {
        self.push::<R, S>(Workload::Pipelined, 100_000, pipelined::run::<R, S>);
        self.push::<R, S>(Workload::PingPong, 20_000, ping_pong::run::<R, S>);
    }

    fn both_on_two_threads<S: Subject<TokioMulti, Client: Producer>>(&mut self) {
        self.push::<TokioMulti, S>(
            Workload::Pipelined,
            100_000,
            producers::run::<1, OUTSTANDING, TokioMulti, S>,
        );
        self.push::<TokioMulti, S>(Workload::PingPong, 20_000, producers::run::<1, 1, TokioMulti, S>);
        // Across threads a request takes up to a hundred times as long.
        self.driven_by_block_on::<S>(Workload::Pipelined, 40_000, pipelined::run::<TokioMulti, S>);
        self.driven_by_block_on::<S>(Workload::PingPong, 4000, ping_pong::run::<TokioMulti, S>);
    }

    fn driven_by_block_on<S: Subject<TokioMulti>>(
        &mut self,
        workload: Workload,
        requests: u64,
        run: fn(u64) -> Run,
    ) {
        self.push::<TokioMulti, S>(workload, requests, run);
        if let Some(case) = self.0.last_mut() {
            case.runtime = FROM_BLOCK_ON;
        }
    }

    fn backlogs(&mut self) {
        for requests in [10_000, 100_000, 1_000_000] {
            self.backlog::<BareLoop>(requests);
            self.backlog::<Heap>(requests);
            self.backlog::<Lean>(requests);
            self.backlog::<TokioChannels>(requests);
            self.backlog::<TowerSequential>(requests);
            self.backlog::<Xtra>(requests);
        }
    }

    fn backlog<S: Subject<SmolLocal>>(&mut self, requests: u64) {
        self.push::<SmolLocal, S>(Workload::Backlog, requests, backlog::run::<SmolLocal, S>);
    }

    fn many_producers(&mut self) {
        self.producers::<SmolTwoThreads, BareLoop>();
        self.producers::<SmolTwoThreads, Heap>();
        self.producers::<SmolTwoThreads, Lean>();
        self.producers_on_any_runtime::<SmolTwoThreads>();

        self.producers::<TokioMulti, BareLoop>();
        self.producers::<TokioMulti, Heap>();
        self.producers::<TokioMulti, Lean>();
        self.producers_on_any_runtime::<TokioMulti>();
        self.producers::<TokioMulti, Ractor>();
        self.producers::<TokioMulti, Kameo>();
    }

    fn producers_on_any_runtime<R: Runtime>(&mut self) {
        self.producers::<R, TokioChannels>();
        self.producers::<R, TowerBuffer>();
        self.producers::<R, TowerSequential>();
        self.producers::<R, Xtra>();
    }

    fn producers<R: Runtime, S: Subject<R, Client: Producer>>(&mut self) {
        self.push::<R, S>(Workload::Producers, 400_000, producers::run::<8, OUTSTANDING, R, S>);
    }

    fn strategies(&mut self) {
        self.no_ops::<SmolLocal>();
        self.through::<SmolLocal, Heap>();
        self.through::<SmolLocal, OneNoOp>();
        self.through::<SmolLocal, SixNoOps>();
        self.through::<SmolLocal, ThreeStrategies>();
        self.through::<SmolLocal, FourStrategies>();
        self.through::<SmolLocal, LeanThreeStrategies>();

        self.no_ops::<TokioCurrent>();
        self.through::<TokioCurrent, TowerLayers>();
        self.through::<TokioCurrent, Heap>();
        self.through::<TokioCurrent, OneNoOp>();
        self.through::<TokioCurrent, SixNoOps>();
        self.through::<TokioCurrent, ThreeStrategies>();
        self.through::<TokioCurrent, FourStrategies>();
        self.through::<TokioCurrent, LeanThreeStrategies>();
    }

    /// Adds the subjects that are compared with the runner and need no clock.
    fn no_ops<R: Runtime>(&mut self) {
        self.through::<R, BareLoop>();
        self.through::<R, TowerSequential>();
        self.through::<R, TowerOneNoOp>();
        self.through::<R, TowerSixNoOps>();
    }

    fn through<R: Runtime, S: Subject<R>>(&mut self) {
        self.push::<R, S>(Workload::Strategies, 100_000, pipelined::run::<R, S>);
    }

    fn many_runners(&mut self) {
        self.idle::<SmolLocal, BareLoop>();
        self.idle::<SmolLocal, Heap>();
        self.idle::<SmolLocal, Lean>();
        self.idle_on_any_runtime::<SmolLocal>();

        self.idle::<TokioCurrent, BareLoop>();
        self.idle::<TokioCurrent, Heap>();
        self.idle::<TokioCurrent, Lean>();
        self.idle_on_any_runtime::<TokioCurrent>();
        self.idle::<TokioCurrent, Ractor>();
        self.idle::<TokioCurrent, Kameo>();
    }

    fn idle_on_any_runtime<R: Runtime>(&mut self) {
        self.idle::<R, TokioChannels>();
        self.idle::<R, TowerSequential>();
        self.idle::<R, Xtra>();
    }

    fn idle<R: Runtime, S: Subject<R>>(&mut self) {
        self.push::<R, S>(Workload::Idle, RUNNERS, idle::unused::<R, S>);
        self.push::<R, S>(Workload::Used, RUNNERS, idle::used::<R, S>);
    }

    fn with_results(&mut self) {
        self.without_consumer::<BareLoop>();
        self.consumed::<BareLoopWithResults>();
        self.without_consumer::<Heap>();
        self.without_consumer::<WithoutResults>();
        self.consumed::<HeapWithResults>();
        self.without_consumer::<Lean>();
        self.consumed::<LeanWithResults>();
        self.without_consumer::<Fixed>();
        self.consumed::<FixedWithResults>();
    }

    fn consumed<S: Subject<SmolLocal, Client: Client + Results>>(&mut self) {
        self.push::<SmolLocal, S>(Workload::Results, 100_000, results::run::<SmolLocal, S>);
    }

    fn without_consumer<S: Subject<SmolLocal>>(&mut self) {
        self.push::<SmolLocal, S>(Workload::Results, 100_000, pipelined::run::<SmolLocal, S>);
    }
}
