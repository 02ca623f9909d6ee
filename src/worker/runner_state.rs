//! What the worker knows from one request to the next.

use core::mem::replace;

use crate::life::Exit;
use crate::runtime::{Instant, Nanos};
use crate::sender::MessageSender;
use crate::storage::{Storage, WorkerSide};

pub(super) struct RunnerState<S: MessageSender, T, Q: Storage<S>> {
    /// How the worker will have ended: as dropped, until it is known better.
    pub(super) exit: Exit,
    /// Nothing may be sent before this. [`UNSET`] if there is no wait.
    not_before: Instant,
    /// The longest wait that a rejection may ask for.
    pub(super) longest_wait: Nanos,
    pub(super) timer: T,
    pub(super) worker_side: Q::WorkerSide,
}

/// Stands for no instant, in less room than an `Option`. A wait until then is none, and nothing is earlier.
const UNSET: Instant = Instant::EPOCH;

impl<S: MessageSender, T, Q: Storage<S>> RunnerState<S, T, Q> {
    pub(super) fn new(timer: T, worker_side: Q::WorkerSide, longest_wait: Nanos) -> Self {
        let exit = Exit::Dropped;
        Self { exit, not_before: UNSET, longest_wait, timer, worker_side }
    }

    pub(super) fn storage(&self) -> &Q {
        self.worker_side.storage()
    }

    /// Returns true if there is a wait that the service asked for.
    pub(super) fn is_held(&self) -> bool {
        self.not_before != UNSET
    }

    pub(super) fn not_before(&self) -> Option<Instant> {
        (self.not_before != UNSET).then_some(self.not_before)
    }

    pub(super) fn hold_until(&mut self, deadline: Instant) {
        self.not_before = self.not_before.max(deadline);
    }

    /// Returns until when that wait is, to be served now.
    pub(super) fn take_not_before(&mut self) -> Instant {
        replace(&mut self.not_before, UNSET)
    }
}
