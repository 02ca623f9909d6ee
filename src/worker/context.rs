//! What the worker shows to strategies, and the pipeline below them all: the sender itself.

use core::future::Future;
use core::marker::PhantomData;
use core::mem::replace;
use core::time::Duration;

use super::budget::Budget;
use crate::error::{NoAnswer, RequeueError};
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::{Delivery, MessageResponse, MessageSender};
use crate::storage::{Exit, Inbox, Job, Phase, Storage, Taken};
use crate::strategy::{Context, Outcome, Pipeline, RequestId};
use crate::trace;

/// What the worker knows from one request to the next.
pub(super) struct WorkerContext<S: MessageSender, T, Q: Storage<S>> {
    /// Zero whenever no request is in the middle of its turn.
    pub(super) attempts: u32,
    /// How the worker will have ended: as dropped, until it is known better.
    pub(super) exit: Exit,
    /// Nothing may be sent before this. [`NONE`] if there is no wait.
    not_before: Instant,
    /// When a limiter last admitted a send, or [`NONE`].
    admitted_at: Instant,
    /// The longest wait that a rejection may ask for.
    longest_wait: Nanos,
    timer: T,
    pub(super) inbox: Q::Inbox,
}

/// Stands for no instant, in less room than an `Option`. A wait until then is none, and nothing is earlier.
const NONE: Instant = Instant::EPOCH;

fn some(instant: Instant) -> Option<Instant> {
    (instant != NONE).then_some(instant)
}

impl<S: MessageSender, T, Q: Storage<S>> WorkerContext<S, T, Q> {
    pub(super) fn new(timer: T, inbox: Q::Inbox, longest_wait: Nanos) -> Self {
        let exit = Exit::Dropped;
        Self { attempts: 0, exit, not_before: NONE, admitted_at: NONE, longest_wait, timer, inbox }
    }

    pub(super) fn storage(&self) -> &Q {
        self.inbox.storage()
    }

    pub(super) fn own_timer(&self) -> &T {
        &self.timer
    }

    /// Whether there is a wait that the service asked for.
    pub(super) fn is_held(&self) -> bool {
        self.not_before != NONE
    }

    /// Until when that wait is, to be served now.
    pub(super) fn take_not_before(&mut self) -> Instant {
        replace(&mut self.not_before, NONE)
    }
}

/// The context of the request whose turn it is.
pub(super) struct Turn<'a, S: MessageSender, T, Q: Storage<S>> {
    worker: &'a mut WorkerContext<S, T, Q>,
    taken: &'a Q::Taken,
    delivery: &'a Delivery,
    budget: &'a Budget,
}

impl<'a, S: MessageSender, T: Timer, Q: Storage<S>> Turn<'a, S, T, Q> {
    /// Begins the turn of a request.
    pub(super) fn begin(
        worker: &'a mut WorkerContext<S, T, Q>,
        taken: &'a Q::Taken,
        delivery: &'a Delivery,
        budget: &'a Budget,
    ) -> Self {
        worker.storage().turns().begin();
        Self { worker, taken, delivery, budget }
    }

    /// How long it has waited in the queue, if that is measured.
    pub(super) fn waited_in_queue(&self) -> Option<Nanos> {
        if self.measures_waits() { Some(self.measure_wait()) } else { None }
    }

    fn measures_waits(&self) -> bool {
        self.taken.queued_at() != Instant::NEVER
    }

    fn measure_wait(&self) -> Nanos {
        let waited = self.worker.timer.now().as_nanos().saturating_sub(self.taken.queued_at().as_nanos());
        let waited = Nanos::new(waited);
        self.worker.storage().counters().waited(waited);
        waited
    }
}

impl<S: MessageSender, T: Timer, Q: Storage<S>> Context<S> for Turn<'_, S, T, Q> {
    type Timer = T;

    fn id(&self) -> RequestId {
        self.taken.id()
    }

    fn attempts(&self) -> u32 {
        self.worker.attempts
    }

    fn cycle(&self) -> u32 {
        self.taken.cycle()
    }

    fn timer(&self) -> T {
        self.worker.timer.clone()
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
        Some(self.delivery.has_begun())
    }

    fn is_closing(&self) -> bool {
        self.worker.storage().phase() > Phase::Open
    }

    fn requeue(&mut self, request: S::Request) -> Result<(), RequeueError<S::Request>> {
        let queued_at = if self.measures_waits() { self.worker.timer.now() } else { Instant::NEVER };
        let (id, cycle) = (self.id(), self.cycle() + 1);
        match self.worker.inbox.requeue(Job { id, cycle, request, queued_at, reply: None }) {
            Ok(()) => {
                self.worker.storage().counters().requeued.add_one();
                trace::requeued(id, cycle);
                Ok(())
            }
            Err(job) => {
                self.count_dropped_requeue();
                Err(RequeueError(job.request))
            }
        }
    }

    fn count_dropped_requeue(&mut self) {
        self.worker.storage().counters().requeues_dropped.add_one();
        trace::requeue_dropped(self.id());
    }

    fn not_before(&self) -> Option<Instant> {
        some(self.worker.not_before)
    }

    fn accepts_wait(&self, wait: Duration) -> bool {
        Nanos::of(wait).get() <= self.worker.longest_wait.get()
    }

    fn hold_until(&mut self, deadline: Instant) {
        self.worker.not_before = self.worker.not_before.max(deadline);
    }

    fn begin_attempt(&mut self) {
        self.worker.attempts = self.worker.attempts.wrapping_add(1);
        trace::attempt(self.worker.attempts);
    }

    fn admitted_at(&self) -> Option<Instant> {
        some(self.worker.admitted_at)
    }

    fn admit(&mut self, now: Instant) {
        self.worker.admitted_at = now;
    }
}

/// The innermost pipeline: calls the sender, and notes a wait that the service asks for.
pub(super) struct Direct<'a, S, Q> {
    sender: &'a S,
    delivery: &'a Delivery,
    budget: &'a Budget,
    storage: PhantomData<fn() -> Q>,
}

impl<'a, S, Q> Direct<'a, S, Q> {
    pub(super) const fn new(sender: &'a S, delivery: &'a Delivery, budget: &'a Budget) -> Self {
        Self { sender, delivery, budget, storage: PhantomData }
    }
}

impl<S: MessageSender, Q: Storage<S>> Pipeline<S> for Direct<'_, S, Q> {
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>> {
        let Self { sender, delivery, budget, .. } = *self;
        async move {
            // Strategies wait where it suits them; one that does not still sends nothing too early.
            if let Some(deadline) = cx.not_before() {
                let timer = cx.timer();
                Q::make_room_for(timer.sleep_until(deadline)).await;
            }
            budget.step().await;
            let may_have_arrived = delivery.has_begun();
            cx.begin_attempt();
            let answer = sender.deliver(request, delivery).await;
            // An attempt that surely did not arrive leaves what was known before it.
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

/// Returns true unless an attempt that ended with `answer` surely did not arrive, or was surely not taken.
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
