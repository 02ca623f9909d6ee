//! The life of a runner: take a request, send it through the strategies, settle its ticket, publish the response,
//! pause if the service asked for it; at the end drain, close the sender, stop.

mod context;
mod guard;

use core::future::Future;
use core::num::NonZeroU32;
use core::pin::pin;
use core::time::Duration;

use self::context::{Direct, Marks, WorkerContext};
use self::guard::{CatchPanic, abortable, yield_now};
use crate::error::{NoAnswer, SendError};
use crate::results::Answer;
use crate::runtime::{Instant, Timer, sleep_until};
use crate::sender::{MessageResponse, MessageSender};
use crate::storage::{Exit, Inbox, Job, Phase, Settled, Storage};
use crate::strategy::{Context, Outcome, SendStrategy};
use crate::trace::{self, RequestSpan};

/// A sender on its way to the worker.
pub enum Handover<S> {
    Opened(S),
    Closed(S),
}

/// What the worker future owns. Dropped at any point, it stops the runner: no ticket and no closer waits for ever.
pub(crate) struct Worker<S: MessageSender, A, T, Q: Storage<S>> {
    strategy: A,
    timer: T,
    storage: Q,
    inbox: Q::Inbox,
    /// After how many requests in a row that never waited the worker lets others run.
    yield_every: NonZeroU32,
    marks: Marks,
    /// How the worker will have ended: as dropped, until it is known better.
    exit: Exit,
}

impl<S, A, T, Q> Worker<S, A, T, Q>
where
    S: MessageSender,
    A: SendStrategy<S>,
    T: Timer,
    Q: Storage<S>,
{
    pub(crate) fn new(strategy: A, timer: T, storage: Q, inbox: Q::Inbox, yield_every: NonZeroU32) -> Self {
        Self { strategy, timer, storage, inbox, yield_every, marks: Marks::default(), exit: Exit::Dropped }
    }

    /// Serves the runner to its end, with the sender of `handover`; one that is not open is opened here.
    ///
    /// # Errors
    ///
    /// The sender's error if it did not open.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold the worker twice")]
    pub(crate) fn run(mut self, handover: Handover<S>) -> impl Future<Output = Result<Exit, S::Error>> {
        async move {
            let sender = match handover {
                Handover::Opened(sender) => sender,
                Handover::Closed(sender) => {
                    sender.open().await?;
                    sender
                }
            };
            self.serve_all(&sender).await;
            while let Some(job) = self.inbox.next_left() {
                self.give_back(job);
            }
            self.storage.end_results();
            let aborted = self.storage.phase() >= Phase::Aborting;
            // A sender that panics while it closes has closed as well as it can.
            let _ = CatchPanic(pin!(sender.close())).await;
            self.exit = if aborted { Exit::Aborted } else { Exit::Drained };
            Ok(self.exit)
        }
    }

    /// Serves until the queue is closed and empty, or the runner aborted.
    async fn serve_all(&mut self, sender: &S) {
        let mut until_yield = self.yield_every.get();
        loop {
            let mut job = match self.inbox.next_left() {
                Some(job) => job,
                // Closed and empty it is only once this says so: a request may have come meanwhile.
                None => match self.inbox.next().await {
                    Some(job) => job,
                    None => return,
                },
            };
            if self.storage.phase() >= Phase::Aborting {
                self.give_back(job);
                return;
            }
            let served = self.serve(sender, &mut job).await;
            if matches!(served, Served::Unsent) {
                self.give_back(job);
            }
            if self.marks.not_before.is_some() {
                self.pause().await;
            }
            until_yield -= 1;
            if !matches!(served, Served::AtOnce) {
                until_yield = self.yield_every.get();
            } else if until_yield == 0 {
                until_yield = self.yield_every.get();
                yield_now().await;
            }
        }
    }

    /// Sends one request, settles its ticket, publishes its response.
    async fn serve(&mut self, sender: &S, job: &mut Job<S::Request, Q::Reply>) -> Served {
        let waited_in_queue = self.begin(job);
        let mut cx =
            WorkerContext::<S, T, Q>::new(job, &self.timer, &self.storage, &mut self.inbox, &mut self.marks);
        let storage = &self.storage;
        let strategy = &mut self.strategy;
        let request = &job.request;
        let span = RequestSpan::new(job.id, job.cycle, waited_in_queue);
        let mut waited = false;
        let sent = {
            let send = pin!(span.instrument(async {
                let outcome = strategy.execute_through(&mut cx, request, &mut Direct(sender)).await;
                // Cloned in here, as a user's `Clone` may panic too.
                let copy = outcome.as_ref().ok().filter(|_| storage.wants_results()).cloned();
                (outcome, copy)
            }));
            abortable::<S, _, _>(storage, &mut waited, CatchPanic(send)).await
        };
        storage.counters().in_flight.set(0);
        let attempts = cx.attempts();
        let (outcome, copy): (Outcome<S>, Option<MessageResponse<S>>) = match sent {
            Some(Ok(sent)) => sent,
            Some(Err(panic)) => {
                trace::panicked(job.id);
                (Err(NoAnswer::Panicked(panic)), None)
            }
            None if attempts == 0 => {
                span.end("aborted");
                return Served::Unsent;
            }
            None => (Err(NoAnswer::Interrupted), None),
        };
        // Before the ticket knows, so that its holder finds the request counted.
        self.count(&outcome);
        span.end(name_of::<S>(&outcome));
        if let Some(reply) = job.reply.take() {
            let result = match outcome {
                Ok(Ok(message)) => Ok(message),
                Ok(Err(rejection)) => Err(SendError::Rejected(rejection)),
                Err(why) => Err(SendError::NoAnswer(why)),
            };
            self.inbox.resolve(job.id, reply, Settled { result, attempts });
        }
        if let Some(response) = copy {
            self.storage.publish(Answer { id: job.id, cycle: job.cycle, attempts, response }).await;
        }
        if waited { Served::AfterWaiting } else { Served::AtOnce }
    }

    /// Begins the turn of a request: how long has it waited, if that is measured?
    fn begin(&self, job: &Job<S::Request, Q::Reply>) -> Option<Duration> {
        let counters = self.storage.counters();
        counters.in_flight.set(1);
        if job.queued_at == Instant::NEVER {
            return None;
        }
        let waited = self.timer.now().saturating_duration_since(job.queued_at);
        counters.waited(waited);
        Some(waited)
    }

    fn count(&self, outcome: &Outcome<S>) {
        let counters = self.storage.counters();
        let counter = match outcome {
            Ok(Ok(_)) => &counters.sent,
            Ok(Err(_)) => &counters.rejected,
            Err(_) => &counters.failed,
        };
        counter.add_one();
    }

    /// Waits as long as the service asked for.
    async fn pause(&mut self) {
        if let Some(deadline) = self.marks.not_before.take() {
            let pause = pin!(sleep_until(&self.timer, deadline));
            let _ = abortable::<S, _, _>(&self.storage, &mut false, pause).await;
        }
    }

    /// Ends a request that was never sent: its ticket learns so, and the request waits to be taken back, unless the
    /// ticket took it back already. A re-queued round is dropped: its request was sent before.
    fn give_back(&mut self, job: Job<S::Request, Q::Reply>) {
        let settled = Settled::no_answer(NoAnswer::Aborted, 0);
        let cancelled = job.reply.is_some_and(|reply| self.inbox.resolve(job.id, reply, settled));
        let counters = self.storage.counters();
        if cancelled { &counters.cancelled } else { &counters.unsent }.add_one();
        if job.cycle == 0 && !cancelled {
            self.storage.keep_unsent(job.request);
        }
    }
}

/// How the turn of a request went.
enum Served {
    /// Without a wait.
    AtOnce,
    AfterWaiting,
    /// The runner was aborted before the request was handed to the sender.
    Unsent,
}

/// What a span calls an outcome.
fn name_of<S: MessageSender>(outcome: &Outcome<S>) -> &'static str {
    match outcome {
        Ok(Ok(_)) => "sent",
        Ok(Err(_)) => "rejected",
        Err(why) => match why {
            NoAnswer::Failed(_) => "failed",
            NoAnswer::TimedOut => "timed out",
            NoAnswer::Strategy(_) => "refused by a strategy",
            NoAnswer::Panicked(_) => "panicked",
            NoAnswer::Cancelled => "cancelled",
            NoAnswer::Aborted => "aborted",
            NoAnswer::Interrupted => "interrupted",
            NoAnswer::Stopped => "stopped",
        },
    }
}

/// However the worker ends, even dropped in the middle of a send or before its first poll.
impl<S: MessageSender, A, T, Q: Storage<S>> Drop for Worker<S, A, T, Q> {
    fn drop(&mut self) {
        // Closed first, so that what is left is final.
        self.storage.advance(Phase::Closing);
        let counters = self.storage.counters();
        if counters.in_flight.get() > 0 {
            counters.in_flight.set(0);
            counters.failed.add_one();
        }
        while let Some(job) = self.inbox.next_left() {
            // Its ticket ends as stopped.
            drop(job.reply);
            counters.unsent.add_one();
            if job.cycle == 0 {
                self.storage.keep_unsent(job.request);
            }
        }
        self.storage.stop(self.exit);
    }
}
