//! Spans and events of `tracing`, with the target `telegram_sender`. They contain no request, message, rejection
//! or error, because these may hold data that must not be logged.
//!
//! A subscriber that panics at an event, such as one that writes to a closed pipe, harms no request and no runner.

use core::fmt::Debug;
use core::mem;
use core::time::Duration;

use tracing::field::{Empty, debug};
use tracing::instrument::{Instrument, Instrumented};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Span, debug, debug_span, error, info, warn};

use crate::answer::RequestId;
use crate::contain::contain;
use crate::runtime::Nanos;

/// The span of one round of a request, from the start of its turn to its end.
pub(crate) struct RequestSpan(Span);

impl RequestSpan {
    pub(crate) fn new(id: RequestId, cycle: u32, waited: Option<Nanos>) -> Self {
        contain(|| {
            let span = debug_span!(
                target: "telegram_sender",
                "send",
                id = id.get(),
                cycle,
                waited = Empty,
                attempt = Empty,
                outcome = Empty,
            );
            if let Some(waited) = waited {
                span.record("waited", debug(waited));
            }
            Self(span)
        })
        .unwrap_or(Self::none())
    }

    /// Returns the span of no request.
    pub(crate) const fn none() -> Self {
        Self(Span::none())
    }

    /// Takes the span, and leaves none.
    pub(crate) fn take(&mut self) -> Self {
        mem::replace(self, Self::none())
    }

    pub(crate) fn instrument<F>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.0.clone())
    }

    pub(crate) fn end(self, outcome: &'static str) {
        // A request that never had its turn has no span.
        if self.0.is_none() {
            return;
        }
        contain(|| {
            self.0.record("outcome", outcome);
            self.0.in_scope(|| debug!(target: "telegram_sender", outcome, "done"));
            drop(self);
        });
    }
}

/// Returns true if a subscriber records how long requests wait.
pub(crate) fn wants_waits() -> bool {
    contain(|| tracing::enabled!(target: "telegram_sender", Level::DEBUG)).unwrap_or(false)
}

/// Records the attempt in the current span, as its request is passed to the sender.
pub(crate) fn attempt(attempt: u32) {
    // Finding the span costs more than checking that no subscriber listens.
    if Level::DEBUG <= LevelFilter::current() {
        contain(|| {
            Span::current().record("attempt", attempt);
        });
    }
}

/// Reports that the service asks for a wait.
pub(crate) fn flood_wait(id: RequestId, wait: Duration) {
    contain(|| warn!(target: "telegram_sender", id = id.get(), ?wait, "flood wait"));
}

/// Reports that a strategy will send the request again after `wait`. `None` stands for the wait that the service
/// asks for.
pub(crate) fn retry(id: RequestId, attempts: u32, wait: Option<Nanos>) {
    contain(|| info!(target: "telegram_sender", id = id.get(), attempts, wait = wait.map(debug), "retry"));
}

pub(crate) fn requeued(id: RequestId, cycle: u32) {
    contain(|| debug!(target: "telegram_sender", id = id.get(), cycle, "re-queued"));
}

pub(crate) fn requeue_dropped(id: RequestId) {
    contain(|| info!(target: "telegram_sender", id = id.get(), "re-queue dropped: the runner is closing"));
}

pub(crate) fn refused(reason: &'static str) {
    contain(|| warn!(target: "telegram_sender", reason, "request refused"));
}

/// Reports a panic, with the id of the request if it was not settled yet.
pub(crate) fn panicked(id: Option<RequestId>) {
    contain(|| {
        if let Some(id) = id {
            error!(target: "telegram_sender", id = id.get(), "the sender or a strategy panicked");
        } else {
            error!(target: "telegram_sender", "the timer or the executor panicked between two requests");
        }
    });
}

pub(crate) fn closing(queued: usize) {
    contain(|| info!(target: "telegram_sender", queued, "closing"));
}

pub(crate) fn aborting(queued: usize) {
    contain(|| warn!(target: "telegram_sender", queued, "aborting"));
}

pub(crate) fn stopped(exit: &impl Debug) {
    contain(|| info!(target: "telegram_sender", ?exit, "stopped"));
}
