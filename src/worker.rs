//! The life of a runner: take a request, send it through the strategies, settle its ticket, publish the response,
//! pause if the service asked for it; at the end drain, close the sender, stop.

mod context;
mod guard;

use core::future::{Future, poll_fn};
use core::mem::take;
use core::num::NonZeroU32;
use core::ops::ControlFlow;
use core::task::{self, Waker};

use self::context::{Direct, Turn, WorkerContext};
pub(crate) use self::guard::yield_now;
use self::guard::{Guard, catch_panic};
use crate::contain::contain;
use crate::error::{NoAnswer, Panic};
use crate::runtime::Timer;
use crate::sender::MessageSender;
use crate::storage::{Exit, Inbox, Phase, Settled, Storage, Taken};
use crate::strategy::{Outcome, SendStrategy};
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
    in_hand: Option<Q::Taken>,
    span: RequestSpan,
}

impl<S, A, T, Q> Worker<S, A, T, Q>
where
    S: MessageSender,
    A: SendStrategy<S>,
    T: Timer,
    Q: Storage<S>,
{
    pub(crate) fn new(strategy: A, timer: T, inbox: Q::Inbox) -> Self {
        Self { strategy, cx: WorkerContext::new(timer, inbox), in_hand: None, span: RequestSpan::none() }
    }

    /// Serves the runner to its end, with the sender of `handover`; one that is not open is opened here. After `yield_every`
    /// requests in a row that never waited it lets others run.
    ///
    /// # Errors
    ///
    /// The sender's error if it did not open.
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
            let guard = Guard::new(self.cx.storage().clone(), yield_every);
            while self.cx.inbox.next(&mut self.in_hand).await {
                let served = loop {
                    let serving = catch_panic(self.serve_while_ready(Direct::new(&sender), &guard));
                    match guard.abortable(serving).await {
                        Some(Ok(served)) => break served,
                        None => break ControlFlow::Break(()),
                        Some(Err(panic)) => self.fail_panicked(panic),
                    }
                    // Nobody heard of its response yet, if it was the ticket's waker that panicked. Where panics are not
                    // caught, a chip would keep code for that in vain.
                    #[cfg(feature = "std")]
                    self.published().await;
                };
                if served.is_break() {
                    self.break_off();
                    break;
                }
            }
            self.give_back_all(|| NoAnswer::Aborted);
            self.cx.storage().end_results();
            let aborted = self.cx.storage().phase() >= Phase::Aborting;
            // A sender that panics while it closes has closed as well as it can.
            let _ = catch_panic(sender.close()).await;
            self.cx.exit = if aborted { Exit::Aborted } else { Exit::Drained };
            Ok(self.cx.exit)
        }
    }

    /// Serves the request in hand, and those that wait behind it, until none does. Breaks off once the runner is aborting.
    ///
    /// This is the way of each request: taken, sent, settled, published; then the pause that the service asked for.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn serve_while_ready(
        &mut self,
        mut direct: Direct<'_, S, Q>,
        guard: &Guard<Q>,
    ) -> impl Future<Output = ControlFlow<()>> {
        async move {
            guard.renew_budget();
            loop {
                // There is none after a panic.
                if let Some(taken) = &self.in_hand {
                    let mut turn = Turn::begin(&mut self.cx, taken);
                    self.span = RequestSpan::new(taken.id(), taken.cycle(), turn.waited_in_queue());
                    let send = self.strategy.execute_through(&mut turn, taken.request(), &mut direct);
                    let outcome = self.span.instrument(send).await;
                    let has_unpublished = self.settle(outcome);
                    if has_unpublished {
                        self.published().await;
                    }
                    if guard.uses_up_budget() {
                        yield_now().await;
                        guard.renew_budget();
                    }
                }
                if self.cx.is_held() {
                    let deadline = self.cx.take_not_before();
                    Q::make_room_for(self.cx.own_timer().sleep_until(deadline)).await;
                    guard.renew_budget();
                }
                if !self.cx.inbox.next_left(&mut self.in_hand) {
                    return ControlFlow::Continue(());
                }
                if self.cx.storage().phase() >= Phase::Aborting {
                    return ControlFlow::Break(());
                }
            }
        }
    }

    /// Waits until the response is published.
    fn published(&mut self) -> impl Future<Output = ()> {
        poll_fn(|cx| self.cx.inbox.poll_published(cx))
    }

    /// Ends the turn of the request in hand with its outcome. Tells whether its response waits to be published.
    #[inline]
    fn settle(&mut self, outcome: Outcome<S>) -> bool {
        let mut is_published = true;
        if let (Some(taken), Ok(response)) = (&self.in_hand, &outcome)
            && self.cx.storage().wants_results()
        {
            // A user's `Clone` may panic; the request is still in hand then.
            is_published = self.cx.inbox.publish(taken, self.cx.attempts, response.clone());
        }
        self.end_turn(outcome);
        !is_published
    }
}

impl<S: MessageSender, A, T, Q: Storage<S>> Worker<S, A, T, Q> {
    /// A panic ends the request that it came from and no other.
    fn fail_panicked(&mut self, panic: Panic) {
        trace::panicked(self.in_hand.as_ref().map(Taken::id));
        self.end_turn(Err(NoAnswer::Panicked(panic)));
    }

    /// Sends nothing any more, as the runner is aborted.
    fn break_off(&mut self) {
        if self.cx.attempts > 0 {
            self.end_turn(Err(NoAnswer::Interrupted));
        }
        // Who aborts may not have closed the queue yet: what comes into it after this look would be left there.
        self.cx.storage().advance(Phase::Aborting);
    }

    /// Counts the request in hand by its outcome, and ends its ticket.
    #[inline]
    fn end_turn(&mut self, outcome: Outcome<S>) {
        let Some(taken) = self.in_hand.take() else { return };
        let attempts = take(&mut self.cx.attempts);
        // Before the ticket knows, so that its holder finds the request counted.
        let storage = self.cx.storage();
        match &outcome {
            Ok(Ok(_)) => storage.turns().end_accepted(),
            not_accepted => {
                storage.turns().end();
                let counters = storage.counters();
                if not_accepted.is_ok() { &counters.rejected } else { &counters.failed }.add_one();
            }
        }
        self.span.take().end(name_of::<S>(&outcome));
        let id = taken.id();
        let (_request, reply) = taken.into_parts();
        if let Some(reply) = reply {
            self.cx.inbox.resolve(id, reply, Settled::new(outcome, attempts));
        }
    }

    /// Ends all requests that were never sent, that in hand and those in the closed queue, and publishes what waits for that.
    fn give_back_all(&mut self, why: fn() -> NoAnswer<S::Error>) {
        if self.in_hand.is_some() {
            self.cx.storage().turns().end();
            self.span.take().end("aborted");
        }
        while contain(|| self.give_back_next(why)).unwrap_or(true) {}
        self.publish_at_last();
    }

    /// Gives back the request in hand, or the next one. Tells whether there was one.
    fn give_back_next(&mut self, why: fn() -> NoAnswer<S::Error>) -> bool {
        if self.in_hand.is_none() && !self.cx.inbox.next_left(&mut self.in_hand) {
            return false;
        }
        if let Some(taken) = self.in_hand.take() {
            self.give_back(taken, why());
        }
        true
    }

    /// Ends a request that was never sent: its ticket learns why, and the request waits to be taken back, unless the
    /// ticket took it back already. A re-queued round is dropped: its request was sent before.
    fn give_back(&mut self, taken: Q::Taken, why: NoAnswer<S::Error>) {
        let (id, cycle) = (taken.id(), taken.cycle());
        let (request, reply) = taken.into_parts();
        let settled = Settled::no_answer(why, 0);
        let cancelled = reply.is_some_and(|reply| self.cx.inbox.resolve(id, reply, settled));
        let counters = self.cx.storage().counters();
        if cancelled { &counters.cancelled } else { &counters.unsent }.add_one();
        if cycle == 0 && !cancelled {
            self.cx.storage().keep_unsent(request);
        }
    }

    /// Publishes what waits for that, now: a runner that closes does not wait for its consumers.
    fn publish_at_last(&mut self) {
        let published = self.cx.inbox.poll_published(&mut task::Context::from_waker(Waker::noop()));
        debug_assert!(published.is_ready(), "the runner is not open");
    }
}

/// However the worker ends, even dropped in the middle of a send or before its first poll.
impl<S: MessageSender, A, T, Q: Storage<S>> Drop for Worker<S, A, T, Q> {
    fn drop(&mut self) {
        // Closed first, so that what is left is final.
        self.cx.storage().advance(Phase::Closing);
        if self.cx.attempts > 0 {
            // It may have arrived.
            contain(|| self.end_turn(Err(NoAnswer::Stopped)));
        }
        self.give_back_all(|| NoAnswer::Stopped);
        self.cx.storage().stop(self.cx.exit);
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
