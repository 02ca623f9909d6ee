//! The turn of one request: all that is known of it, and what strategies see of it.

use core::future::Future;
use core::mem::take;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use super::budget::Budget;
use super::runner_state::RunnerState;
use crate::answer::RequestId;
use crate::error::RequeueError;
use crate::life::Phase;
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::{Delivery, MessageSender};
use crate::storage::{AnswerOf, QueuedRequest, Round, Storage, WorkerSide};
use crate::strategy::Context;
use crate::trace::{self, RequestSpan};

/// The turn of a request, from the queue until it is settled and its response published. It outlives a send that panics or is
/// cut short.
pub(super) struct Turn<S: MessageSender, Q: Storage<S>> {
    /// `None` once it is settled.
    pub(super) queued: Option<Q::Queued>,
    pub(super) progress: Progress,
    pub(super) span: RequestSpan,
    /// The response, until it is published.
    pub(super) unpublished: Option<AnswerOf<S>>,
}

impl<S: MessageSender, Q: Storage<S>> Turn<S, Q> {
    /// The turn of no request.
    pub(super) fn none() -> Self {
        Self { queued: None, progress: Progress::default(), span: RequestSpan::none(), unpublished: None }
    }
}

/// How far a request has come in its turn: nothing has happened yet by default. Its sends write it while the worker can read it.
#[derive(Default)]
pub(super) struct Progress {
    attempts: AtomicU32,
    /// Whether it may have arrived.
    pub(super) delivery: Delivery,
    /// When a limiter last admitted this request or one before it, in nanoseconds; zero for never. In two words, as chips have
    /// no atomics of 64 bits, and one task writes and reads both.
    admitted_at: [AtomicU32; 2],
}

impl Progress {
    #[inline]
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is cut in two")]
    fn admit(&self, now: Instant) {
        let nanos = now.as_nanos();
        let [low, high] = &self.admitted_at;
        low.store(nanos as u32, Ordering::Relaxed);
        high.store((nanos >> 32) as u32, Ordering::Relaxed);
    }

    fn admitted_at(&self) -> Option<Instant> {
        let [low, high] = self.admitted_at.each_ref().map(|word| u64::from(word.load(Ordering::Relaxed)));
        let nanos = high << 32 | low;
        (nanos != 0).then_some(Instant::from_nanos(nanos))
    }

    /// Ends the turn: returns its attempts, and whether the request may have arrived.
    #[inline]
    pub(super) fn end(&mut self) -> (u32, bool) {
        (take(self.attempts.get_mut()), take(&mut self.delivery).has_begun())
    }
}

/// The context of the request whose turn it is.
pub(super) struct TurnContext<'a, S: MessageSender, T, Q: Storage<S>> {
    runner: &'a mut RunnerState<S, T, Q>,
    queued: &'a Q::Queued,
    progress: &'a Progress,
    budget: &'a Budget,
}

impl<'a, S: MessageSender, T: Timer, Q: Storage<S>> TurnContext<'a, S, T, Q> {
    pub(super) const fn new(
        runner: &'a mut RunnerState<S, T, Q>,
        queued: &'a Q::Queued,
        progress: &'a Progress,
        budget: &'a Budget,
    ) -> Self {
        Self { runner, queued, progress, budget }
    }

    /// Returns how long the request has waited in the queue, if that is measured, and counts it.
    pub(super) fn waited_in_queue(&self) -> Option<Nanos> {
        if self.measures_waits() { Some(self.measure_wait()) } else { None }
    }

    fn measures_waits(&self) -> bool {
        self.queued.round().queued_at != Instant::NEVER
    }

    fn measure_wait(&self) -> Nanos {
        let waited =
            self.runner.timer.now().as_nanos().saturating_sub(self.queued.round().queued_at.as_nanos());
        let waited = Nanos::new(waited);
        self.runner.storage().counters().waited(waited);
        waited
    }
}

impl<'a, S: MessageSender, T: Timer, Q: Storage<S>> Context<S> for TurnContext<'a, S, T, Q> {
    type Timer = T;

    fn id(&self) -> RequestId {
        self.queued.round().id
    }

    fn attempts(&self) -> u32 {
        self.progress.attempts()
    }

    fn cycle(&self) -> u32 {
        self.queued.round().cycle
    }

    fn timer(&self) -> T {
        self.runner.timer.clone()
    }

    // Strategies that wait without a send let others run too.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let (timer, budget) = (self.timer(), self.budget);
        async move {
            budget.step().await;
            timer.sleep(duration).await;
        }
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        let (timer, budget) = (self.timer(), self.budget);
        async move {
            budget.step().await;
            timer.sleep_until(deadline).await;
        }
    }

    fn arrival(&self) -> Option<bool> {
        Some(self.progress.delivery.has_begun())
    }

    fn is_closing(&self) -> bool {
        self.runner.storage().phase() > Phase::Open
    }

    fn requeue(&mut self, request: S::Request) -> Result<(), RequeueError<S::Request>> {
        let queued_at = if self.measures_waits() { self.runner.timer.now() } else { Instant::NEVER };
        let (id, cycle) = (self.id(), self.cycle() + 1);
        match self.runner.worker_side.requeue(Round { id, cycle, queued_at, request }) {
            Ok(()) => {
                self.runner.storage().counters().requeued.add_one();
                trace::requeued(id, cycle);
                Ok(())
            }
            Err(request) => {
                self.count_dropped_requeue();
                Err(RequeueError(request))
            }
        }
    }

    fn count_dropped_requeue(&mut self) {
        self.runner.storage().counters().requeues_dropped.add_one();
        trace::requeue_dropped(self.id());
    }

    fn not_before(&self) -> Option<Instant> {
        self.runner.not_before()
    }

    fn accepts_wait(&self, wait: Duration) -> bool {
        Nanos::of(wait).get() <= self.runner.longest_wait.get()
    }

    fn hold_until(&mut self, deadline: Instant) {
        self.runner.hold_until(deadline);
    }

    fn begin_attempt(&mut self) {
        let attempts = self.progress.attempts().wrapping_add(1);
        self.progress.attempts.store(attempts, Ordering::Relaxed);
        trace::attempt(attempts);
    }

    #[allow(private_interfaces, reason = "for strategies of ours")]
    fn note_retry(&self, wait: Option<Nanos>) {
        trace::retry(self.id(), self.attempts(), wait);
    }

    fn admissions(&self) -> impl Fn() -> Option<Instant> + use<'a, S, T, Q> {
        let progress = self.progress;
        move || progress.admitted_at()
    }

    fn admit(&mut self, now: Instant) {
        self.progress.admit(now);
    }
}
