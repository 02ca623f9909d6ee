//! All that is measured: which subject, under which load, on which runtime.

use crate::runtime::{Actix, Runtime, Smol, SmolLocal, SmolTwoThreads, TokioCurrent, TokioMulti};
use crate::subject::{Producer, Results, Subject};
use crate::subjects::{
    actix, bare_loop, direct, fixed, floor, heap, kameo, ractor, tokio_channels, tower, xtra,
};
use crate::workloads::{Run, backlog, idle, ping_pong, pipelined, producers, results};

/// One subject under one load on one runtime.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) workload: &'static str,
    pub(crate) runtime: &'static str,
    pub(crate) subject: &'static str,
    /// Runs it once with so many requests (in W6 with so many runners).
    pub(crate) run: fn(u64) -> Run,
}

impl Case {
    /// Its name on a command line and in files.
    pub(crate) fn id(&self) -> String {
        format!("{} / {} / {}", self.workload, self.runtime, self.subject)
    }
}

/// Every case, those of one workload on one runtime next to each other.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    cases.basics::<SmolLocal>();
    cases.on_one_thread::<SmolLocal, direct::Direct>();
    cases.on_one_thread::<SmolLocal, floor::Floor>();
    cases.on_one_thread::<SmolLocal, heap::Heap>();
    cases.on_one_thread::<SmolLocal, fixed::Fixed>();

    cases.basics::<Smol>();
    cases.on_one_thread::<Smol, heap::Heap>();

    cases.basics::<TokioCurrent>();
    cases.on_one_thread::<TokioCurrent, tower::TowerLayers>();
    cases.on_one_thread::<TokioCurrent, ractor::Ractor>();
    cases.on_one_thread::<TokioCurrent, kameo::Kameo>();
    cases.on_one_thread::<TokioCurrent, heap::Heap>();

    cases.on_one_thread::<Actix, bare_loop::BareLoop>();
    cases.on_one_thread::<Actix, actix::Actix>();
    cases.on_one_thread::<Actix, heap::Heap>();

    cases.basics::<TokioMulti>();
    cases.on_one_thread::<TokioMulti, ractor::Ractor>();
    cases.on_one_thread::<TokioMulti, kameo::Kameo>();
    cases.on_one_thread::<TokioMulti, heap::Heap>();
    cases.0
}

struct Cases(Vec<Case>);

impl Cases {
    fn push<R: Runtime, S: Subject<R>>(&mut self, workload: &'static str, run: fn(u64) -> Run) {
        self.0.push(Case { workload, runtime: R::NAME, subject: S::NAME, run });
    }

    fn on_one_thread<R: Runtime, S: Subject<R>>(&mut self) {
        self.push::<R, S>("W1", pipelined::run::<R, S>);
        self.push::<R, S>("W2", ping_pong::run::<R, S>);
    }

    /// Those that run on any runtime.
    fn basics<R: Runtime>(&mut self) {
        self.on_one_thread::<R, bare_loop::BareLoop>();
        self.on_one_thread::<R, tokio_channels::TokioChannels>();
        self.on_one_thread::<R, tower::TowerBuffer>();
        self.on_one_thread::<R, tower::TowerSequential>();
        self.on_one_thread::<R, xtra::Xtra>();
    }
}
