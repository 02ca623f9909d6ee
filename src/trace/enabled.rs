//! Spans and events of `tracing`, target `telegram_sender`. No request, message, rejection or error is in them: these
//! may hold what is not meant for a log.
//!
//! A subscriber that panics at what it is told, as one may that writes to a closed pipe, harms no request and no runner.

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

/// The span of one round of a request, from its turn to its end.
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

    /// Of no request.
    pub(crate) const fn none() -> Self {
        Self(Span::none())
    }

    /// Leaves none.
    pub(crate) fn take(&mut self) -> Self {
        mem::replace(self, Self::none())
    }

    pub(crate) fn instrument<F>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.0.clone())
    }

    pub(crate) fn end(self, outcome: &'static str) {
        // A request that never had its turn has none.
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

/// Whether somebody will see how long a request waited.
pub(crate) fn wants_waits() -> bool {
    contain(|| tracing::enabled!(target: "telegram_sender", Level::DEBUG)).unwrap_or(false)
}

/// The request of the present span is handed to the sender.
pub(crate) fn attempt(attempt: u32) {
    // To look for a span costs more than to see that nobody listens.
    if Level::DEBUG <= LevelFilter::current() {
        contain(|| {
            Span::current().record("attempt", attempt);
        });
    }
}

/// The service asks for a wait.
pub(crate) fn flood_wait(id: RequestId, wait: Duration) {
    contain(|| warn!(target: "telegram_sender", id = id.get(), ?wait, "flood wait"));
}

/// A strategy will send the request again after `wait`; `None` is as long as the service asks for.
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

/// Of the request, if it was still to be settled.
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
