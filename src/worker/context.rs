//! The strategies' view of the request in its turn, and the pipeline below all strategies: the sender itself.

use core::future::Future;
use core::marker::PhantomData;
use core::time::Duration;

use super::guard::Budget;
use super::turn::{Progress, RunnerState};
use crate::answer::RequestId;
use crate::error::{NoAnswer, RequeueError};
use crate::life::Phase;
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::{Delivery, MessageResponse, MessageSender};
use crate::storage::{QueuedRequest, Round, Storage, WorkerSide};
use crate::strategy::{Context, Outcome, Pipeline};
use crate::trace;

/// The context of the request in its turn.
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

    /// Measures and counts the request's wait in the queue. Returns `None` if waits are not measured.
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

    // A strategy that waits without a send yields to other tasks, too.
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
        trace::attempt(self.progress.begin_attempt());
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

/// The pipeline that calls the sender and holds the runner if the service asks for a wait.
pub(super) struct SenderPipeline<'a, S, Q> {
    sender: &'a S,
    delivery: &'a Delivery,
    budget: &'a Budget,
    storage: PhantomData<fn() -> Q>,
}

impl<'a, S, Q> SenderPipeline<'a, S, Q> {
    pub(super) const fn new(sender: &'a S, delivery: &'a Delivery, budget: &'a Budget) -> Self {
        Self { sender, delivery, budget, storage: PhantomData }
    }
}

impl<S: MessageSender, Q: Storage<S>> Pipeline<S> for SenderPipeline<'_, S, Q> {
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>> {
        let Self { sender, delivery, budget, .. } = *self;
        async move {
            // A strategy may wait earlier. One that does not still sends nothing too early.
            if let Some(deadline) = cx.not_before() {
                let timer = cx.timer();
                Q::box_if_possible(timer.sleep_until(deadline)).await;
            }
            budget.step().await;
            let may_have_arrived = delivery.has_begun();
            cx.begin_attempt();
            let answer = sender.deliver(request, delivery).await;
            // An attempt that surely did not arrive restores the value from before it.
            delivery.set(may_have_arrived || may_be_taken::<S>(&answer, delivery));
            let response = answer.map_err(NoAnswer::Failed)?;
            if let Err(rejection) = &response
                && let Some(wait) = S::retry_after(rejection)
            {
                trace::flood_wait(cx.id(), wait);
                if cx.accepts_wait(wait) {
                    cx.hold_until(cx.now() + wait);
                }
            }
            Ok(response)
        }
    }
}

/// Returns false if an attempt that ended with `answer` surely did not arrive or was surely not taken.
fn may_be_taken<S: MessageSender>(
    answer: &Result<MessageResponse<S>, S::Error>,
    delivery: &Delivery,
) -> bool {
    match answer {
        Ok(Ok(_)) => true,
        Ok(Err(rejection)) => S::may_have_been_taken(rejection),
        Err(error) => delivery.has_begun() && S::may_have_arrived(error),
    }
}
