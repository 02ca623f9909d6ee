//! The life of a runner: take a request, send it through the strategies, settle its ticket, publish the response,
//! pause if the service asked for it; at the end drain, close the sender, stop.

mod budget;
mod catch_panic;
mod context;
mod guard;

use core::future::{Future, poll_fn};
use core::mem::{needs_drop, take};
use core::num::NonZeroU32;
use core::ops::ControlFlow;
use core::pin::pin;
use core::task::{self, Waker};

use self::budget::Budget;
use self::catch_panic::catch_panic;
use self::context::{Direct, Turn, WorkerContext};
use self::guard::{abortable, resting};
use crate::contain::{catch, contain};
use crate::error::{NoAnswer, Panic};
use crate::runtime::{Nanos, Timer};
use crate::sender::{Delivery, MessageSender};
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
    /// Whether the request in hand may have arrived.
    delivery: Delivery,
    span: RequestSpan,
}

impl<S, A, T, Q> Worker<S, A, T, Q>
where
    S: MessageSender,
    A: SendStrategy<S>,
    T: Timer,
    Q: Storage<S>,
{
    pub(crate) fn new(strategy: A, timer: T, inbox: Q::Inbox, longest_wait: Nanos) -> Self {
        let cx = WorkerContext::new(timer, inbox, longest_wait);
        Self { strategy, cx, in_hand: None, delivery: Delivery::new(), span: RequestSpan::none() }
    }

    /// Serves the runner to its end, with the sender of `handover`; one that is not open is opened here. After `yield_every`
    /// sends in a row that never waited it lets others run.
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
            let storage = self.cx.storage().clone();
            let budget = Budget::new(yield_every);
            while resting(&storage, &budget, self.cx.inbox.next(&mut self.in_hand)).await {
                self.accept();
                let served = loop {
                    let served = {
                        let mut serving = pin!(catch_panic(self.serve_while_ready(&sender, &budget)));
                        let served = abortable(&storage, &budget, serving.as_mut()).await;
                        // A send that is cut short is dropped here.
                        serving.discard();
                        served
                    };
                    match served {
                        Some(Ok(served)) => break served,
                        None => break ControlFlow::Break(()),
                        Some(Err(panic)) => self.fail_panicked(panic),
                    }
                    // If a ticket's waker panicked, its response is not published yet. Without `std` panics are not caught.
                    #[cfg(feature = "std")]
                    resting(&storage, &budget, self.published()).await;
                };
                if served.is_break() {
                    self.break_off();
                    break;
                }
            }
            while self.give_back_next(|| NoAnswer::Aborted) {
                budget.step().await;
            }
            self.publish_at_last();
            self.cx.storage().end_results();
            let aborted = self.cx.storage().phase() >= Phase::Aborting;
            // A sender that panics while it closes, or is dropped, has closed as well as it can.
            {
                let mut closing = pin!(catch_panic(async { sender.close().await }));
                let _ = closing.as_mut().await;
                closing.discard();
            }
            contain(|| drop(sender));
            self.cx.exit = if aborted { Exit::Aborted } else { Exit::Drained };
            Ok(self.cx.exit)
        }
    }

    /// Serves the request in hand, and those that wait behind it, until none does. Breaks off once the runner is aborting.
    ///
    /// This is the way of each request: taken, sent, settled, published; then the pause that the service asked for.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold what it is given twice")]
    fn serve_while_ready(&mut self, sender: &S, budget: &Budget) -> impl Future<Output = ControlFlow<()>> {
        async move {
            loop {
                let mut was_sent = false;
                // There is none after a panic, or if it was cancelled.
                if let Some(taken) = &self.in_hand {
                    let mut turn = Turn::begin(&mut self.cx, taken, &self.delivery, budget);
                    self.span = RequestSpan::new(taken.id(), taken.cycle(), turn.waited_in_queue());
                    let mut direct = Direct::<S, Q>::new(sender, &self.delivery, budget);
                    let send = self.strategy.execute_through(&mut turn, taken.request(), &mut direct);
                    let outcome = self.span.instrument(send).await;
                    was_sent = self.cx.attempts > 0;
                    let has_unpublished = self.settle(outcome);
                    if has_unpublished {
                        self.published().await;
                    }
                }
                // A send has counted itself.
                if !was_sent {
                    budget.step().await;
                }
                if self.cx.is_held() {
                    let deadline = self.cx.take_not_before();
                    Q::make_room_for(self.cx.own_timer().sleep_until(deadline)).await;
                }
                if !self.cx.inbox.next_left(&mut self.in_hand) {
                    return ControlFlow::Continue(());
                }
                self.accept();
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
    fn settle(&mut self, mut outcome: Outcome<S>) -> bool {
        let mut is_published = true;
        if let (Some(taken), Ok(response)) = (&self.in_hand, &outcome)
            && self.cx.storage().wants_results()
        {
            match catch(|| response.clone()) {
                Ok(clone) => is_published = self.cx.inbox.publish(taken, self.cx.attempts, clone),
                Err(panic) => {
                    contain(|| drop(outcome));
                    outcome = Err(NoAnswer::Panicked(panic));
                }
            }
        }
        self.end_turn(outcome);
        !is_published
    }
}

impl<S: MessageSender, A, T, Q: Storage<S>> Worker<S, A, T, Q> {
    /// Counts the request that was taken in hand out of the queue, and drops it if its ticket was cancelled.
    #[inline]
    fn accept(&mut self) {
        if let Some(taken) = &self.in_hand
            && !self.cx.inbox.accept(taken)
        {
            self.cx.storage().counters().cancelled.add_one();
            contain(|| self.in_hand = None);
        }
    }

    /// A panic ends the request that it came from and no other.
    fn fail_panicked(&mut self, panic: Panic) {
        trace::panicked(self.in_hand.as_ref().map(Taken::id));
        self.end_cut_short(NoAnswer::Panicked(panic));
    }

    /// Sends nothing any more, as the runner is aborted.
    fn break_off(&mut self) {
        self.interrupt();
        // Who aborts may not have closed the queue yet: what comes into it after this look would be left there.
        self.cx.storage().advance(Phase::Aborting);
    }

    /// Ends the turn that was cut short if its request may have arrived. Otherwise the request is given back.
    fn interrupt(&mut self) {
        if self.delivery.has_begun() {
            self.end_cut_short(NoAnswer::Interrupted);
        }
    }

    /// Ends a turn outside of the send's own containment: users' values are dropped, and wakers called.
    fn end_cut_short(&mut self, why: NoAnswer<S::Error>) {
        contain(|| self.end_turn(Err(why)));
    }

    /// Counts the request in hand by its outcome, and ends its ticket.
    #[inline]
    fn end_turn(&mut self, outcome: Outcome<S>) {
        let Some(taken) = self.in_hand.take() else { return };
        let attempts = take(&mut self.cx.attempts);
        let may_have_arrived = take(&mut self.delivery).has_begun();
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
        let (request, reply) = taken.into_parts();
        // First and by itself: if a ticket's waker panics too, nothing may be left to be dropped.
        if needs_drop::<S::Request>() {
            contain(|| drop(request));
        }
        if let Some(reply) = reply {
            self.cx.inbox.resolve(id, reply, Settled::new(outcome, attempts, may_have_arrived));
        }
    }

    /// Gives back the request in hand, or the next one in the closed queue, which can't have arrived. Returns true if there
    /// was one.
    fn give_back_next(&mut self, why: fn() -> NoAnswer<S::Error>) -> bool {
        if self.in_hand.is_some() {
            self.cx.storage().turns().end();
            self.span.take().end("aborted");
        } else if self.cx.inbox.next_left(&mut self.in_hand) {
            self.accept();
        } else {
            return false;
        }
        if let Some(taken) = self.in_hand.take() {
            self.give_back(taken, why());
        }
        true
    }

    /// Ends a request that surely did not arrive: its ticket learns why, and the request waits to be taken back, unless the
    /// ticket took it back already. A re-queued round is dropped: its request was sent before.
    fn give_back(&mut self, taken: Q::Taken, why: NoAnswer<S::Error>) {
        let attempts = take(&mut self.cx.attempts);
        let (id, cycle) = (taken.id(), taken.cycle());
        let (request, reply) = taken.into_parts();
        let settled = Settled::no_answer(why, attempts);
        let resolve = || reply.is_some_and(|reply| self.cx.inbox.resolve(id, reply, settled));
        let cancelled = contain(resolve).unwrap_or(false);
        let counters = self.cx.storage().counters();
        if cancelled { &counters.cancelled } else { &counters.unsent }.add_one();
        if cycle == 0 && !cancelled {
            self.cx.storage().keep_unsent(request);
        } else {
            contain(|| drop(request));
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
        self.interrupt();
        while self.give_back_next(|| NoAnswer::Stopped) {}
        self.publish_at_last();
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
