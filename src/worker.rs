//! The life of a runner: take a request, send it through the strategies, settle its ticket, publish the response,
//! pause if the service asked for it; at the end drain, close the sender, stop.

mod context;
mod guard;

use core::future::{Future, poll_fn};
use core::num::NonZeroU32;
use core::ops::ControlFlow;
use core::pin::pin;
use core::task::{self, Waker};

use self::context::{Direct, WorkerContext};
use self::guard::{CatchPanic, abortable, yield_now};
use crate::error::NoAnswer;
use crate::results::Answer;
use crate::runtime::{Timer, sleep_until};
use crate::sender::MessageSender;
use crate::storage::{AnswerOf, Exit, Inbox, Job, Phase, Settled, Storage};
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
    cx: WorkerContext<S, T, Q>,
    /// The request whose turn it is, until it is settled. It is kept here, so that it outlives a send that panics or is
    /// cut short.
    in_hand: Option<InHand<S, Q::Reply>>,
    /// A response on its way into the results queue.
    unpublished: Option<AnswerOf<S>>,
    /// After how many requests in a row that never waited the worker lets others run.
    yield_every: NonZeroU32,
    /// How the worker will have ended: as dropped, until it is known better.
    exit: Exit,
}

struct InHand<S: MessageSender, Reply> {
    job: Job<S::Request, Reply>,
    span: RequestSpan,
}

impl<S, A, T, Q> Worker<S, A, T, Q>
where
    S: MessageSender,
    A: SendStrategy<S>,
    T: Timer,
    Q: Storage<S>,
{
    pub(crate) fn new(strategy: A, timer: T, inbox: Q::Inbox, yield_every: NonZeroU32) -> Self {
        let cx = WorkerContext::new(timer, inbox);
        Self { strategy, cx, in_hand: None, unpublished: None, yield_every, exit: Exit::Dropped }
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
            while let Some(job) = self.cx.inbox.next().await {
                self.take_in_hand(job);
                if self.serve_in_turn(&sender).await.is_break() {
                    break;
                }
            }
            while let Some(job) = self.cx.inbox.next_left() {
                self.give_back(job, NoAnswer::Aborted);
            }
            self.cx.storage().end_results();
            let aborted = self.cx.storage().phase() >= Phase::Aborting;
            // A sender that panics while it closes has closed as well as it can.
            let _ = CatchPanic(pin!(sender.close())).await;
            self.exit = if aborted { Exit::Aborted } else { Exit::Drained };
            Ok(self.exit)
        }
    }

    /// Serves the request in hand, and those that wait behind it, until none does. A panic ends the request that it came
    /// from and no other. Breaks off once the runner is aborting.
    async fn serve_in_turn(&mut self, sender: &S) -> ControlFlow<()> {
        let storage = self.cx.storage().clone();
        loop {
            let served = {
                let serving = pin!(self.serve_while_ready(sender));
                abortable(&storage, CatchPanic(serving)).await
            };
            match served {
                Some(Ok(ControlFlow::Continue(()))) => return ControlFlow::Continue(()),
                Some(Ok(ControlFlow::Break(()))) | None => break,
                Some(Err(panic)) => {
                    trace::panicked(self.cx.id());
                    self.settle(Err(NoAnswer::Panicked(panic)));
                }
            }
        }
        self.leave_in_hand();
        ControlFlow::Break(())
    }

    /// Serves until the queue is empty. This is the way of each request: taken, sent, settled, published; then the pause
    /// that the service asked for.
    async fn serve_while_ready(&mut self, sender: &S) -> ControlFlow<()> {
        let mut until_yield = self.yield_every.get();
        loop {
            if let Some(deadline) = self.cx.take_not_before() {
                sleep_until(self.cx.own_timer(), deadline).await;
            }
            if self.in_hand.is_none() {
                match self.cx.inbox.next_left() {
                    Some(job) => self.take_in_hand(job),
                    None => return ControlFlow::Continue(()),
                }
            }
            if self.cx.storage().phase() >= Phase::Aborting {
                return ControlFlow::Break(());
            }
            let mut waited = false;
            let outcome = {
                let Some(InHand { job, span }) = &self.in_hand else { continue };
                let mut direct = Direct(sender);
                let send = self.strategy.execute_through(&mut self.cx, &job.request, &mut direct);
                let mut send = pin!(span.instrument(send));
                let noting_waits = poll_fn(|cx| {
                    let polled = send.as_mut().poll(cx);
                    waited |= polled.is_pending();
                    polled
                });
                noting_waits.await
            };
            self.settle(outcome);
            if self.unpublished.is_some() {
                poll_fn(|cx| self.cx.inbox.storage().poll_publish(&mut self.unpublished, cx)).await;
            }
            until_yield = if waited { self.yield_every.get() } else { until_yield - 1 };
            if until_yield == 0 {
                until_yield = self.yield_every.get();
                yield_now().await;
            }
        }
    }

    /// Begins the turn of a request: how long has it waited, if that is measured?
    fn take_in_hand(&mut self, job: Job<S::Request, Q::Reply>) {
        let waited_in_queue = self.cx.begin(&job);
        let span = RequestSpan::new(job.id, job.cycle, waited_in_queue);
        self.in_hand = Some(InHand { job, span });
    }

    /// Ends the turn of the request in hand with its outcome.
    fn settle(&mut self, outcome: Outcome<S>) {
        let Some(InHand { job, span }) = &mut self.in_hand else { return };
        let attempts = self.cx.attempts();
        if let Ok(response) = &outcome
            && self.cx.storage().wants_results()
        {
            // A user's `Clone` may panic; the request is still in hand then.
            let response = response.clone();
            self.unpublished = Some(Answer { id: job.id, cycle: job.cycle, attempts, response });
        }
        // Before the ticket knows, so that its holder finds the request counted.
        let counters = self.cx.storage().counters();
        counters.in_flight.set(0);
        let counter = match &outcome {
            Ok(Ok(_)) => &counters.sent,
            Ok(Err(_)) => &counters.rejected,
            Err(_) => &counters.failed,
        };
        counter.add_one();
        span.end(name_of::<S>(&outcome));
        let (id, reply) = (job.id, job.reply.take());
        self.in_hand = None;
        if let Some(reply) = reply {
            self.cx.inbox.resolve(id, reply, Settled { outcome, attempts });
        }
    }

    /// The runner was aborted: ends the request in hand, which was never sent, or may have arrived; and publishes what
    /// waits for that, which waits no more.
    fn leave_in_hand(&mut self) {
        if self.in_hand.is_some() && self.cx.attempts() > 0 {
            self.settle(Err(NoAnswer::Interrupted));
        }
        if let Some(InHand { job, span }) = self.in_hand.take() {
            self.cx.storage().counters().in_flight.set(0);
            span.end("aborted");
            self.give_back(job, NoAnswer::Aborted);
        }
        self.publish_at_last();
    }
}

impl<S: MessageSender, A, T, Q: Storage<S>> Worker<S, A, T, Q> {
    /// Ends a request that was never sent: its ticket learns why, and the request waits to be taken back, unless the
    /// ticket took it back already. A re-queued round is dropped: its request was sent before.
    fn give_back(&mut self, job: Job<S::Request, Q::Reply>, why: NoAnswer<S::Error>) {
        let settled = Settled::no_answer(why, 0);
        let cancelled = job.reply.is_some_and(|reply| self.cx.inbox.resolve(job.id, reply, settled));
        let counters = self.cx.storage().counters();
        if cancelled { &counters.cancelled } else { &counters.unsent }.add_one();
        if job.cycle == 0 && !cancelled {
            self.cx.storage().keep_unsent(job.request);
        }
    }

    /// Publishes what waits for that. A runner that closes does not wait for its consumers.
    fn publish_at_last(&mut self) {
        let mut cx = task::Context::from_waker(Waker::noop());
        let published = self.cx.inbox.storage().poll_publish(&mut self.unpublished, &mut cx);
        debug_assert!(published.is_ready(), "the runner is not open");
    }
}

/// However the worker ends, even dropped in the middle of a send or before its first poll.
impl<S: MessageSender, A, T, Q: Storage<S>> Drop for Worker<S, A, T, Q> {
    fn drop(&mut self) {
        // Closed first, so that what is left is final.
        self.cx.storage().advance(Phase::Closing);
        let counters = self.cx.storage().counters();
        counters.in_flight.set(0);
        match self.in_hand.take() {
            // It may have arrived; its ticket ends as stopped.
            Some(_) if self.cx.attempts > 0 => counters.failed.add_one(),
            Some(InHand { job, .. }) => self.give_back(job, NoAnswer::Stopped),
            None => {}
        }
        while let Some(job) = self.cx.inbox.next_left() {
            self.give_back(job, NoAnswer::Stopped);
        }
        if self.unpublished.is_some() {
            self.publish_at_last();
        }
        self.cx.storage().stop(self.exit);
    }
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
