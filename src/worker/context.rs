//! What the worker shows to strategies, and the pipeline below them all: the sender itself.

use crate::error::{NoAnswer, RequeueError};
use crate::runtime::{Instant, Timer};
use crate::sender::MessageSender;
use crate::storage::{Inbox, Job, Phase, Storage};
use crate::strategy::{Context, Outcome, Pipeline, RequestId};
use crate::trace;

/// The context of one request.
pub(super) struct WorkerContext<'a, S: MessageSender, T, Q: Storage<S>> {
    id: RequestId,
    cycle: u32,
    attempts: u32,
    measures_waits: bool,
    timer: &'a T,
    storage: &'a Q,
    inbox: &'a mut Q::Inbox,
    marks: &'a mut Marks,
}

/// Instants that outlive a request.
#[derive(Default)]
pub(super) struct Marks {
    /// Before when nothing may be sent.
    pub(super) not_before: Option<Instant>,
    /// When a limiter last admitted a send.
    admitted_at: Option<Instant>,
}

impl<'a, S: MessageSender, T, Q: Storage<S>> WorkerContext<'a, S, T, Q> {
    pub(super) fn new(
        job: &Job<S::Request, Q::Reply>,
        timer: &'a T,
        storage: &'a Q,
        inbox: &'a mut Q::Inbox,
        marks: &'a mut Marks,
    ) -> Self {
        let measures_waits = job.queued_at != Instant::NEVER;
        Self { id: job.id, cycle: job.cycle, attempts: 0, measures_waits, timer, storage, inbox, marks }
    }
}

impl<S: MessageSender, T: Timer, Q: Storage<S>> Context<S> for WorkerContext<'_, S, T, Q> {
    type Timer = T;

    fn id(&self) -> RequestId {
        self.id
    }

    fn attempts(&self) -> u32 {
        self.attempts
    }

    fn cycle(&self) -> u32 {
        self.cycle
    }

    fn timer(&self) -> T {
        self.timer.clone()
    }

    fn is_closing(&self) -> bool {
        self.storage.phase() > Phase::Open
    }

    fn requeue(&mut self, request: S::Request) -> Result<(), RequeueError<S::Request>> {
        let queued_at = if self.measures_waits { self.timer.now() } else { Instant::NEVER };
        let job = Job { id: self.id, cycle: self.cycle + 1, request, queued_at, reply: None };
        match self.inbox.requeue(job) {
            Ok(()) => {
                self.storage.counters().requeued.add_one();
                trace::requeued(self.id, self.cycle + 1);
                Ok(())
            }
            Err(job) => {
                self.count_dropped_requeue();
                Err(RequeueError(job.request))
            }
        }
    }

    fn count_dropped_requeue(&mut self) {
        self.storage.counters().requeues_dropped.add_one();
        trace::requeue_dropped(self.id);
    }

    fn not_before(&self) -> Option<Instant> {
        self.marks.not_before
    }

    fn hold_until(&mut self, deadline: Instant) {
        self.marks.not_before = self.marks.not_before.max(Some(deadline));
    }

    fn begin_attempt(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        trace::attempt(self.attempts);
    }

    fn admitted_at(&self) -> Option<Instant> {
        self.marks.admitted_at
    }

    fn admit(&mut self, now: Instant) {
        self.marks.admitted_at = Some(now);
    }
}

/// The innermost pipeline: calls the sender, and notes a wait that the service asks for.
pub(super) struct Direct<'a, S>(pub(super) &'a S);

impl<S: MessageSender> Pipeline<S> for Direct<'_, S> {
    async fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> Outcome<S> {
        // Strategies wait where it suits them; one that does not still sends nothing too early.
        if let Some(deadline) = cx.not_before() {
            cx.sleep_until(deadline).await;
        }
        cx.begin_attempt();
        let response = self.0.send_message(request).await.map_err(NoAnswer::Failed)?;
        if let Err(rejection) = &response
            && let Some(wait) = S::retry_after(rejection)
        {
            trace::flood_wait(cx.id(), wait);
            cx.hold_until(cx.now() + wait);
        }
        Ok(response)
    }
}
