//! The worker's state: of the request in its turn, and from one request to the next.

use core::mem::{replace, take};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::life::Exit;
use crate::runtime::{Instant, Nanos};
use crate::sender::{Delivery, MessageSender};
use crate::storage::{AnswerOf, Storage, WorkerSide};
use crate::trace::RequestSpan;

/// The turn of a request, from the queue until it is settled and its response is published. It outlives a send
/// that panics or is cut short.
pub(super) struct Turn<S: MessageSender, Q: Storage<S>> {
    /// `None` once the request is settled.
    pub(super) queued: Option<Q::Queued>,
    pub(super) progress: Progress,
    pub(super) span: RequestSpan,
    /// The response, until it is published.
    pub(super) unpublished: Option<AnswerOf<S>>,
}

impl<S: MessageSender, Q: Storage<S>> Turn<S, Q> {
    /// Creates the turn of no request.
    pub(super) fn none() -> Self {
        Self { queued: None, progress: Progress::default(), span: RequestSpan::none(), unpublished: None }
    }
}

/// The progress of a request in its turn, at first none. Its sends write it through a shared reference.
#[derive(Default)]
pub(super) struct Progress {
    attempts: AtomicU32,
    /// Set if the request may have arrived.
    pub(super) delivery: Delivery,
    /// The time when a limiter last admitted this request or one before it, in nanoseconds; 0 for never. Two
    /// words, as chips have no 64-bit atomics. One task writes and reads both.
    admitted_at: [AtomicU32; 2],
}

impl Progress {
    #[inline]
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is cut in two")]
    pub(super) fn admit(&self, now: Instant) {
        let nanos = now.as_nanos();
        let [low, high] = &self.admitted_at;
        low.store(nanos as u32, Ordering::Relaxed);
        high.store((nanos >> 32) as u32, Ordering::Relaxed);
    }

    pub(super) fn admitted_at(&self) -> Option<Instant> {
        let [low, high] = self.admitted_at.each_ref().map(|word| u64::from(word.load(Ordering::Relaxed)));
        let nanos = high << 32 | low;
        (nanos != 0).then_some(Instant::from_nanos(nanos))
    }

    #[inline]
    pub(super) fn begin_attempt(&self) -> u32 {
        let attempts = self.attempts().wrapping_add(1);
        self.attempts.store(attempts, Ordering::Relaxed);
        attempts
    }

    /// Ends the turn. Returns its attempts, and true if the request may have arrived.
    #[inline]
    pub(super) fn end(&mut self) -> (u32, bool) {
        (take(self.attempts.get_mut()), take(&mut self.delivery).has_begun())
    }
}

/// The worker's state from one request to the next.
pub(super) struct RunnerState<S: MessageSender, T, Q: Storage<S>> {
    /// The exit to report. It is `Dropped` until the worker ends by itself.
    pub(super) exit: Exit,
    /// The time before which nothing may be sent. [`UNSET`] if there is no wait.
    not_before: Instant,
    /// The longest wait that a rejection may ask for.
    pub(super) longest_wait: Nanos,
    pub(super) timer: T,
    pub(super) worker_side: Q::WorkerSide,
}

/// Stands for no instant, in less room than an `Option`. No instant is earlier, so a wait until then is over at once.
const UNSET: Instant = Instant::EPOCH;

impl<S: MessageSender, T, Q: Storage<S>> RunnerState<S, T, Q> {
    pub(super) fn new(timer: T, worker_side: Q::WorkerSide, longest_wait: Nanos) -> Self {
        let exit = Exit::Dropped;
        Self { exit, not_before: UNSET, longest_wait, timer, worker_side }
    }

    pub(super) fn storage(&self) -> &Q {
        self.worker_side.storage()
    }

    /// Returns true if there is a wait to be served.
    pub(super) fn is_held(&self) -> bool {
        self.not_before != UNSET
    }

    pub(super) fn not_before(&self) -> Option<Instant> {
        (self.not_before != UNSET).then_some(self.not_before)
    }

    pub(super) fn hold_until(&mut self, deadline: Instant) {
        self.not_before = self.not_before.max(deadline);
    }

    /// Takes the end of that wait, to be served now.
    pub(super) fn take_not_before(&mut self) -> Instant {
        replace(&mut self.not_before, UNSET)
    }
}
