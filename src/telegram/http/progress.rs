//! The progress of the request on a connection. It decides whether the request may have arrived, and whether the
//! connection can be used again. hyper's errors alone do not show that.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

const NOTHING: u8 = 0;
const BEGUN: u8 = 1;
const COMPLETE: u8 = 2;

/// The state of the one request that a connection has in flight.
///
/// ```text
/// start         begin                        flush
///   └─ NOTHING ───┴── BEGUN ──────────────────┴── COMPLETE
///      at most        any part may have           every byte was taken
///      the head       been written                by the system
/// ```
#[derive(Debug, Default)]
pub(super) struct Progress {
    state: AtomicU8,
    abandoned: AtomicBool,
}

impl Progress {
    /// Notes that a new request is passed to hyper.
    pub(super) fn start(&self) {
        self.state.store(NOTHING, Ordering::Release);
    }

    /// Notes that hyper takes the body, and may write it.
    pub(super) fn begin(&self) {
        self.state.store(BEGUN, Ordering::Release);
    }

    /// Notes that the stream has written all that hyper gave it so far.
    pub(super) fn flush(&self) {
        // hyper takes the body as a whole, so nothing follows once it has begun.
        let _ = self.state.compare_exchange(BEGUN, COMPLETE, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Returns true if the request may have arrived.
    ///
    /// If not, at most its head was written. A server cannot act on that, because the head announces a body.
    pub(super) fn has_begun(&self) -> bool {
        self.state.load(Ordering::Acquire) != NOTHING
    }

    /// Returns true if the whole request was written.
    pub(super) fn is_complete(&self) -> bool {
        self.state.load(Ordering::Acquire) == COMPLETE
    }

    /// Notes that no caller waits for an answer any more, so that nothing more is written on this connection.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    /// Returns true if nothing more may be written.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_complete_when_it_is_flushed_after_it_began() {
        let progress = Progress::default();
        progress.flush();
        assert!(!progress.has_begun() && !progress.is_complete());
        progress.begin();
        assert!(progress.has_begun() && !progress.is_complete());
        progress.flush();
        assert!(progress.has_begun() && progress.is_complete());
        progress.start();
        assert!(!progress.has_begun() && !progress.is_complete());
    }
}
