//! The life of a runner. For each request: take it, send it through the strategies, publish the answer, settle its
//! ticket, pause if the service asked for it. At the end: drain, close the sender, stop.

mod context;
mod guard;
mod turn;

use core::future::{Future, poll_fn};
use core::mem::needs_drop;
use core::num::NonZeroU32;
use core::ops::ControlFlow;
use core::pin::pin;
use core::task::{self, Poll, Waker};

use self::context::{SenderPipeline, TurnContext};
use self::guard::{Budget, abortable, resting};
use self::turn::{RunnerState, Turn};
use crate::answer::{Answer, RequestId};
use crate::contain::{catch, catch_panic, contain};
use crate::error::{NoAnswer, Panic, SendError};
use crate::life::{Exit, Phase};
use crate::runtime::{Nanos, Timer};
use crate::sender::MessageSender;
use crate::storage::{QueuedRequest, ReplierOf, Reply, Round, Storage, WorkerSide};
use crate::strategy::{Outcome, SendStrategy};
use crate::trace::{self, RequestSpan};

/// A sender on its way to the worker.
pub enum Handover<S> {
    Opened(S),
    Closed(S),
}

/// The state of the worker future. Dropping it at any time stops the runner: no ticket and no `close` waits forever.
pub(crate) struct Worker<S: MessageSender, A, T, Q: Storage<S>> {
    strategy: A,
    runner: RunnerState<S, T, Q>,
    turn: Turn<S, Q>,
}

impl<S, A, T, Q> Worker<S, A, T, Q>
where
    S: MessageSender,
    A: SendStrategy<S>,
    T: Timer,
    Q: Storage<S>,
{
    pub(crate) fn new(strategy: A, timer: T, worker_side: Q::WorkerSide, longest_wait: Nanos) -> Self {
        Self { strategy, runner: RunnerState::new(timer, worker_side, longest_wait), turn: Turn::none() }
    }

    /// Runs until the runner is closed. Opens the sender first if it is not open. Yields to other tasks after
    /// `yield_every` sends in a row that never waited.
    ///
    /// # Errors
    ///
    /// Returns the sender's error if it did not open.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold the worker twice")]
    pub(crate) fn run(
        mut self,
        handover: Handover<S>,
        yield_every: NonZeroU32,
    ) -> impl Future<Output = Result<Exit, S::Error>> {
        async move {
            let sender = match handover {
                Handover::Opened(sender) => sender,
                Handover::Closed(sender) => {
                    sender.open().await?;
                    sender
                }
            };
            let storage = self.runner.storage().clone();
            let budget = Budget::new(yield_every);
            while resting(&storage, &budget, self.next()).await {
                self.begin_turn();
                let served = loop {
                    let served = {
                        let mut serving = pin!(catch_panic(self.serve_while_ready(&sender, &budget)));
                        let served = abortable(&storage, &budget, serving.as_mut()).await;
                        // Drops a send that was cut short.
                        serving.discard();
                        served
                    };
                    match served {
                        Some(Ok(served)) => break served,
                        None => break ControlFlow::Break(()),
                        Some(Err(panic)) => self.fail_panicked(panic),
                    }
                };
                if served.is_break() {
                    self.break_off();
                    break;
                }
            }
            while self.give_back_next(NoAnswer::Aborted) {
                budget.step().await;
            }
            self.publish_at_last();
            self.runner.storage().end_results();
            let aborted = self.runner.storage().phase() >= Phase::Aborting;
            // A sender that panics while it closes or is dropped counts as closed.
            {
                let mut closing = pin!(catch_panic(async { sender.close().await }));
                let _ = closing.as_mut().await;
                closing.discard();
            }
            contain(|| drop(sender));
            self.runner.exit = if aborted { Exit::Aborted } else { Exit::Drained };
            Ok(self.runner.exit)
        }
    }

    /// Serves the request in its turn and those that wait behind it. Breaks off once the runner is aborting.
    ///
    /// Each request is taken, sent, published and settled. Then comes the pause that the service asked for.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn serve_while_ready(&mut self, sender: &S, budget: &Budget) -> impl Future<Output = ControlFlow<()>> {
        async move {
            loop {
                let mut was_sent = false;
                // There is no request after a panic, or if its ticket was cancelled.
                if let Some(queued) = &self.turn.queued {
                    self.runner.storage().counters().in_flight.set(1);
                    let progress = &self.turn.progress;
                    let mut cx = TurnContext::new(&mut self.runner, queued, progress, budget);
                    let Round { id, cycle, request, .. } = queued.round();
                    self.turn.span = RequestSpan::new(id, cycle, cx.waited_in_queue());
                    let mut pipeline = SenderPipeline::<S, Q>::new(sender, &progress.delivery, budget);
                    let send = self.strategy.execute_through(&mut cx, request, &mut pipeline);
                    let outcome = self.turn.span.instrument(send).await;
                    was_sent = self.turn.progress.attempts() > 0;
                    let publishes = self.finish(outcome);
                    if publishes {
                        self.published().await;
                    }
                }
                // A send has taken its own step.
                if !was_sent {
                    budget.step().await;
                }
                if self.runner.is_held() {
                    let deadline = self.runner.take_not_before();
                    Q::box_if_possible(self.runner.timer.sleep_until(deadline)).await;
                }
                if !self.runner.worker_side.try_next(&mut self.turn.queued) {
                    return ControlFlow::Continue(());
                }
                self.begin_turn();
                if self.runner.storage().phase() >= Phase::Aborting {
                    return ControlFlow::Break(());
                }
            }
        }
    }

    /// Takes the next request out of the queue. Resolves to false when none will come.
    fn next(&mut self) -> impl Future<Output = bool> {
        poll_fn(|cx| self.runner.worker_side.poll_next(&mut self.turn.queued, cx))
    }

    /// Waits until the response is published.
    fn published(&mut self) -> impl Future<Output = ()> {
        poll_fn(|cx| self.poll_published(cx))
    }

    /// Ends the turn with its outcome. Returns true if its response is still to be published.
    #[inline]
    fn finish(&mut self, mut outcome: Outcome<S>) -> bool {
        let mut publishes = false;
        if let (Some(queued), Ok(response)) = (&self.turn.queued, &outcome)
            && self.runner.storage().wants_results()
        {
            match catch(|| response.clone()) {
                Ok(response) => {
                    let (Round { id, cycle, .. }, attempts) = (queued.round(), self.turn.progress.attempts());
                    self.turn.unpublished = Some(Answer { id, cycle, attempts, response });
                    // Published before the ticket is woken, so that its holder can read the answer. If the holder
                    // then drops the last consumer, no answer comes after that.
                    publishes =
                        self.poll_published(&mut task::Context::from_waker(Waker::noop())).is_pending();
                }
                Err(panic) => {
                    contain(|| drop(outcome));
                    outcome = Err(NoAnswer::Panicked(panic));
                }
            }
        }
        self.end_turn(outcome);
        publishes
    }
}

impl<S: MessageSender, A, T, Q: Storage<S>> Worker<S, A, T, Q> {
    /// Begins the turn of the request taken out of the queue, or drops the request if its ticket was cancelled.
    #[inline]
    fn begin_turn(&mut self) {
        if let Some(queued) = &self.turn.queued
            && !self.runner.worker_side.begin(queued)
        {
            self.runner.storage().counters().cancelled.add_one();
            contain(|| self.turn.queued = None);
        }
    }

    /// Ends the request that panicked, and no other.
    fn fail_panicked(&mut self, panic: Panic) {
        trace::panicked(self.turn.queued.as_ref().map(|queued| queued.round().id));
        self.end_turn(Err(NoAnswer::Panicked(panic)));
    }

    /// Stops sending, as the runner is aborted.
    fn break_off(&mut self) {
        self.interrupt();
        // Closes the queue, too: the aborting caller may have set the phase and not closed it yet.
        self.runner.storage().advance(Phase::Aborting);
    }

    /// Ends the turn that was cut short if its request may have arrived. Otherwise the request stays, to be given back.
    fn interrupt(&mut self) {
        if self.turn.progress.delivery.has_begun() {
            self.end_turn(Err(NoAnswer::Interrupted));
        }
    }

    /// Ends the turn: counts the request by its outcome, then ends its ticket, whose holder finds it counted.
    #[inline]
    fn end_turn(&mut self, outcome: Outcome<S>) {
        let Some(queued) = self.turn.queued.take() else { return };
        let counters = self.runner.storage().counters();
        match &outcome {
            Ok(Ok(_)) => &counters.sent,
            Ok(Err(_)) => &counters.rejected,
            Err(_) => &counters.failed,
        }
        .add_one();
        let id = queued.round().id;
        let (request, replier) = queued.into_parts();
        if needs_drop::<S::Request>() {
            contain(|| drop(request));
        }
        self.end_ticket(id, replier, outcome);
    }

    /// Ends the request in its turn, or else the next one in the closed queue, which can't have arrived. Returns
    /// true if there was one.
    fn give_back_next(&mut self, why: NoAnswer<S::Error>) -> bool {
        if self.turn.queued.is_none() {
            if !self.runner.worker_side.try_next(&mut self.turn.queued) {
                return false;
            }
            self.begin_turn();
        }
        if let Some(queued) = self.turn.queued.take() {
            self.give_back(queued, why);
        }
        true
    }

    /// Ends a request that surely did not arrive. Its ticket receives `why`, and the request is kept to be taken
    /// back, unless the ticket was cancelled. A re-queued round is dropped, as its request was sent before.
    fn give_back(&mut self, queued: Q::Queued, why: NoAnswer<S::Error>) {
        let Round { id, cycle, .. } = queued.round();
        let (request, replier) = queued.into_parts();
        let was_cancelled = !self.end_ticket(id, replier, Err(why));
        let storage = self.runner.storage();
        let counters = storage.counters();
        if was_cancelled { &counters.cancelled } else { &counters.unsent }.add_one();
        if cycle == 0 && !was_cancelled {
            storage.keep_unsent(request);
        } else {
            contain(|| drop(request));
        }
    }

    /// Ends the ticket of the request in its turn. Returns false if the ticket was cancelled.
    #[expect(clippy::inline_always, reason = "for a chip, a call costs one request in a hundred")]
    #[inline(always)]
    fn end_ticket(&mut self, id: RequestId, replier: Option<ReplierOf<S, Q>>, outcome: Outcome<S>) -> bool {
        let (attempts, may_have_arrived) = self.turn.progress.end();
        self.turn.span.take().end(name_of::<S>(&outcome));
        let storage = self.runner.storage();
        storage.counters().in_flight.set(0);
        let result = match outcome {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(rejection)) => Err(SendError::Rejected(rejection)),
            Err(why) => Err(SendError::NoAnswer(why.with_arrival(may_have_arrived))),
        };
        let reply = Reply { result, attempts, may_have_arrived };
        let Some(replier) = replier else {
            contain(|| drop(reply));
            return true;
        };
        storage.settle(id, replier, reply) || !self.runner.worker_side.was_cancelled(id)
    }

    fn poll_published(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        self.runner.storage().poll_publish(&mut self.turn.unpublished, cx)
    }

    /// Publishes a response that still waits. A closing runner does not wait for its consumers.
    fn publish_at_last(&mut self) {
        let published = self.poll_published(&mut task::Context::from_waker(Waker::noop()));
        debug_assert!(published.is_ready(), "the runner is not open");
    }
}

/// Runs however the worker ends, even if it is dropped in the middle of a send or before its first poll.
impl<S: MessageSender, A, T, Q: Storage<S>> Drop for Worker<S, A, T, Q> {
    fn drop(&mut self) {
        // Closed first, so that the rest of the queue is final.
        self.runner.storage().advance(Phase::Closing);
        self.interrupt();
        while self.give_back_next(NoAnswer::Stopped) {}
        self.publish_at_last();
        self.runner.storage().stop(self.runner.exit);
    }
}

/// Returns the name of an outcome for its span.
fn name_of<S: MessageSender>(outcome: &Outcome<S>) -> &'static str {
    match outcome {
        Ok(Ok(_)) => "sent",
        Ok(Err(_)) => "rejected",
        Err(why) => match why {
            NoAnswer::Failed(_) => "failed",
            NoAnswer::TimedOut | NoAnswer::NotSentInTime => "timed out",
            NoAnswer::Strategy(_) => "refused by a strategy",
            NoAnswer::Panicked(_) => "panicked",
            NoAnswer::Cancelled | NoAnswer::CancelledInFlight => "cancelled",
            NoAnswer::Aborted => "aborted",
            NoAnswer::Interrupted => "interrupted",
            NoAnswer::Stopped => "stopped",
        },
    }
}
