//! A request that surely did not arrive is known as such: to its ticket, to a retry, and to an abort, which returns
//! it.

use std::pin::pin;
use std::time::Duration;

use crate::common::store::{Store, start_built};
use crate::common::{Sender, accepted, accepting, flood, ms, now, run, scripted, sent};
use futures::poll;
use telegram_sender::error::StrategyError;
use telegram_sender::runner::Exit;
use telegram_sender::runtime::Timer;
use telegram_sender::sender::Delivery;
use telegram_sender::strategy::{BuiltIn, Chain, Context, Outcome, Pipeline};
use telegram_sender::testing::{Reply, VirtualTimer};
use telegram_sender::{
    CompositeStrategy, MessageResponse, MessageSender, NoAnswer, RateLimiter, Retry, SendError, SendStrategy,
    SenderRunner, Timeout,
};

const SECOND: Duration = Duration::from_secs(1);

fn timeout(millis: u64) -> Timeout {
    Timeout::new(ms(millis)).unwrap()
}

/// Lets a request wait in a limiter until the time-out around it expires.
fn expires_in_a_limiter<S: Store<Sender>, A: SendStrategy<Sender> + 'static>(strategy: A) {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let runner =
            start_built::<S, _, _>(&runtime, SenderRunner::builder(sender.clone()).strategy(strategy)).await;
        let mut tickets = [runner.request("sent").await.unwrap(), runner.request("waits").await.unwrap()];
        let [first, waits] = &mut tickets;
        assert_eq!(first.await, Ok(accepted(0, "sent")));
        assert_eq!((&mut *waits).await, Err(SendError::NoAnswer(NoAnswer::NotSentInTime)));
        assert_eq!((waits.attempts(), waits.may_have_arrived()), (0, false));
        assert!(!NoAnswer::<()>::NotSentInTime.may_have_arrived());
        assert_eq!(sent(&sender).len(), 1);
    });
}

fn a_time_out_in_a_limiter_is_told_from_one_of_a_send<S: Store<Sender>>() {
    let limiter = || RateLimiter::new(1, 10 * SECOND).unwrap();
    expires_in_a_limiter::<S, _>(CompositeStrategy::new().with(limiter()).with(timeout(100)));
    expires_in_a_limiter::<S, _>(Chain::new([BuiltIn::from(limiter()), timeout(100).into()]));
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::hang()]);
        let builder = SenderRunner::builder(sender).strategy(timeout(100));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        let mut ticket = runner.request("a").await.unwrap();
        assert!(ticket.may_have_arrived(), "nobody knows yet");
        assert_eq!((&mut ticket).await, Err(SendError::NoAnswer(NoAnswer::TimedOut)));
        assert_eq!((ticket.attempts(), ticket.may_have_arrived()), (1, true));
    });
}

fn a_retry_sends_again_what_was_not_sent_in_time_and_no_more<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let builder = SenderRunner::builder(sender.clone())
            .strategy(RateLimiter::new(1, ms(300)).unwrap())
            .strategy(timeout(100))
            .strategy(Retry::new(5, ms(0)));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        let tickets = [runner.request("a").await.unwrap(), runner.request("b").await.unwrap()];
        for ticket in tickets {
            ticket.await.unwrap();
        }
        assert_eq!(sent(&sender), [(0, "a"), (300, "b")]);
        // A request that was sent is not sent again.
        let hangs = scripted(&runtime, [Reply::hang()]);
        let builder =
            SenderRunner::builder(hangs.clone()).strategy(timeout(100)).strategy(Retry::new(5, ms(0)));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        let end = runner.request("c").await.unwrap().await;
        assert_eq!(end, Err(SendError::NoAnswer(NoAnswer::TimedOut)));
        assert_eq!(hangs.sends().len(), 1);
    });
}

/// The behaviour of a line for a request.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// Never connects.
    HangsBefore,
    /// Connects, and never answers.
    HangsAfter,
    RefusesTheConnection,
    Breaks,
    RejectsWhatItMayHaveTaken,
    Panics,
}

/// A line that connects before it sends.
#[derive(Clone)]
struct Line(VirtualTimer);

impl MessageSender for Line {
    type Request = Does;
    type Message = ();
    type Rejection = &'static str;
    type Error = &'static str;

    async fn send_message(&self, request: &Does) -> Result<MessageResponse<Self>, &'static str> {
        self.deliver(request, &Delivery::new()).await
    }

    async fn deliver(&self, does: &Does, delivery: &Delivery) -> Result<MessageResponse<Self>, &'static str> {
        self.0.sleep(ms(10)).await;
        match does {
            Does::HangsBefore => std::future::pending().await,
            Does::RefusesTheConnection => return Err("refused"),
            _ => delivery.begin(),
        }
        self.0.sleep(ms(10)).await;
        match does {
            Does::RejectsWhatItMayHaveTaken => Ok(Err("internal error")),
            Does::Breaks => Err("broken"),
            Does::Panics => std::panic::resume_unwind(Box::new("panics")),
            _ => std::future::pending().await,
        }
    }

    fn may_have_been_taken(rejection: &&'static str) -> bool {
        *rejection == "internal error"
    }

    fn may_have_arrived(error: &&'static str) -> bool {
        *error != "refused"
    }
}

fn what_a_sender_says_of_its_delivery_decides<S: Store<Line>>() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(Line(runtime.timer())).strategy(timeout(100));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        for (does, arrived) in [
            (Does::HangsBefore, false),
            (Does::HangsAfter, true),
            (Does::RefusesTheConnection, false),
            (Does::Breaks, true),
            (Does::RejectsWhatItMayHaveTaken, true),
            (Does::Panics, true),
        ] {
            let mut ticket = runner.request(does).await.unwrap();
            let error = (&mut ticket).await.unwrap_err();
            assert_eq!((ticket.attempts(), ticket.may_have_arrived()), (1, arrived), "{does:?}");
            match error {
                SendError::NoAnswer(NoAnswer::Failed(_)) | SendError::Rejected(_) => {}
                SendError::NoAnswer(why) => assert_eq!(why.may_have_arrived(), arrived, "{does:?}: {why:?}"),
            }
        }
    });
}

fn an_abort_gives_back_what_can_not_have_arrived<S: Store<Line>>() {
    for (does, comes_back) in [
        (Does::HangsBefore, true),
        (Does::RefusesTheConnection, true),
        (Does::HangsAfter, false),
        (Does::RejectsWhatItMayHaveTaken, false),
        (Does::Breaks, false),
    ] {
        for drops_the_worker in [false, true] {
            run(|runtime| async move {
                let retry = Retry::new(9, 10 * SECOND).on_no_answer();
                let builder = SenderRunner::builder(Line(runtime.timer())).strategy(retry);
                let (runner, worker) = S::prepare(builder, runtime.timer()).run();
                let mut worker = Box::pin(worker);
                let mut ticket = runner.request(does).await.unwrap();
                let meanwhile = runtime.timer();
                let _ = futures::future::select(&mut worker, pin!(meanwhile.sleep(SECOND))).await;
                let unsent = if drops_the_worker {
                    drop(worker);
                    runner.abort().await
                } else {
                    futures::join!(runner.abort(), worker).0
                };
                assert_eq!(unsent.into_iter().count(), usize::from(comes_back), "{does:?}");
                let why = match (comes_back, drops_the_worker) {
                    (false, _) => NoAnswer::Interrupted,
                    (true, false) => NoAnswer::Aborted,
                    (true, true) => NoAnswer::Stopped,
                };
                assert_eq!((&mut ticket).await, Err(SendError::NoAnswer(why)), "{does:?}");
                assert_eq!((ticket.attempts(), ticket.may_have_arrived()), (1, !comes_back), "{does:?}");
                let stats = runner.stats();
                let counted = (stats.unsent, stats.failed, stats.in_flight);
                assert_eq!(counted, if comes_back { (1, 0, 0) } else { (0, 1, 0) });
            });
        }
    }
}

fn an_abort_in_the_wait_after_a_rejection_gives_the_request_back<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [flood(40 * SECOND)]);
        let builder = SenderRunner::builder(sender.clone()).strategy(Retry::new(3, SECOND));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        let mut ticket = runner.request("a").await.unwrap();
        runtime.timer().sleep(SECOND).await;
        assert_eq!(crate::common::all(runner.close_with_timeout(SECOND).await), ["a"]);
        assert_eq!((&mut ticket).await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
        assert_eq!((ticket.attempts(), ticket.may_have_arrived(), sent(&sender).len()), (1, false, 1));
        assert_eq!(now(&runtime), 2_000);
    });
}

/// A send that may have arrived is not forgotten when a later one surely did not.
fn one_attempt_that_may_have_arrived_is_enough<S: Store<Line>>() {
    struct FirstThen(bool);

    impl SendStrategy<Line> for FirstThen {
        async fn execute(
            &mut self,
            cx: &mut impl Context<Line>,
            request: &Does,
            mut inner: impl Pipeline<Line>,
        ) -> Outcome<Line> {
            assert!(!cx.may_have_arrived());
            let _ = inner.send(cx, if self.0 { request } else { &Does::RefusesTheConnection }).await;
            assert_eq!(cx.may_have_arrived(), self.0);
            let _ = inner.send(cx, &Does::RefusesTheConnection).await;
            assert_eq!(cx.may_have_arrived(), self.0);
            Err(NoAnswer::Strategy(StrategyError::new("gives up")))
        }
    }

    for arrives in [false, true] {
        run(|runtime| async move {
            let builder = SenderRunner::builder(Line(runtime.timer())).strategy(FirstThen(arrives));
            let runner = start_built::<S, _, _>(&runtime, builder).await;
            let mut ticket = runner.request(Does::Breaks).await.unwrap();
            let Err(SendError::NoAnswer(why @ NoAnswer::Strategy(_))) = (&mut ticket).await else { panic!() };
            assert_eq!((why.may_have_arrived(), ticket.may_have_arrived()), (arrives, arrives));
            assert_eq!(ticket.attempts(), 2);
        });
    }
}

/// Refuses or panics before or after it sends.
struct Stops {
    after: bool,
    panics: bool,
}

impl SendStrategy<Sender> for Stops {
    async fn execute(
        &mut self,
        cx: &mut impl Context<Sender>,
        request: &&'static str,
        mut inner: impl Pipeline<Sender>,
    ) -> Outcome<Sender> {
        if self.after {
            let _ = inner.send(cx, request).await;
        }
        if self.panics {
            std::panic::resume_unwind(Box::new("panics"));
        }
        Err(NoAnswer::Strategy(StrategyError::new("refuses")))
    }
}

fn a_strategy_that_refuses_or_panics_before_the_send_can_have_sent_nothing<S: Store<Sender>>() {
    for (after, panics) in [(false, false), (false, true), (true, false), (true, true)] {
        run(|runtime| async move {
            let builder = SenderRunner::builder(accepting(&runtime, ms(1))).strategy(Stops { after, panics });
            let runner = start_built::<S, _, _>(&runtime, builder).await;
            let mut ticket = runner.request("a").await.unwrap();
            let Err(SendError::NoAnswer(why)) = (&mut ticket).await else { panic!("it was sent") };
            assert_eq!((why.may_have_arrived(), ticket.may_have_arrived()), (after, after), "{why:?}");
            assert_eq!(matches!(why, NoAnswer::Panicked(_)), panics);
        });
    }
}

/// Returns an error that claims that nothing was sent, after a send.
struct Lies(NoAnswer<&'static str>);

impl SendStrategy<Line> for Lies {
    async fn execute(
        &mut self,
        cx: &mut impl Context<Line>,
        request: &Does,
        mut inner: impl Pipeline<Line>,
    ) -> Outcome<Line> {
        let _ = inner.send(cx, request).await;
        Err(self.0.clone())
    }
}

fn no_strategy_can_say_of_a_send_that_it_was_none<S: Store<Line>>() {
    for lie in [NoAnswer::NotSentInTime, NoAnswer::Aborted, NoAnswer::Stopped, NoAnswer::Cancelled] {
        for (does, arrived) in [(Does::Breaks, true), (Does::RefusesTheConnection, false)] {
            let lie = lie.clone();
            run(|runtime| async move {
                let builder = SenderRunner::builder(Line(runtime.timer())).strategy(Lies(lie.clone()));
                let runner = start_built::<S, _, _>(&runtime, builder).await;
                let mut ticket = runner.request(does).await.unwrap();
                let Err(SendError::NoAnswer(why)) = (&mut ticket).await else { panic!("it was accepted") };
                assert_eq!(
                    (why.may_have_arrived(), ticket.may_have_arrived()),
                    (arrived, arrived),
                    "{lie:?}"
                );
            });
        }
    }
}

/// The error itself does not matter before the delivery has begun.
fn an_error_before_the_delivery_has_begun_is_sent_again<S: Store<Connects>>() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(Connects).strategy(Retry::new(2, SECOND));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        let mut ticket = runner.request(()).await.unwrap();
        assert_eq!((&mut ticket).await, Err(SendError::NoAnswer(NoAnswer::Failed("no route"))));
        assert_eq!((ticket.attempts(), ticket.may_have_arrived()), (3, false));
    });
}

/// Fails before its delivery begins.
struct Connects;

impl MessageSender for Connects {
    type Request = ();
    type Message = ();
    type Rejection = ();
    type Error = &'static str;

    async fn send_message(&self, (): &()) -> Result<MessageResponse<Self>, &'static str> {
        Err("no route")
    }

    async fn deliver(&self, request: &(), _: &Delivery) -> Result<MessageResponse<Self>, &'static str> {
        self.send_message(request).await
    }
}

/// The inner retry repeats a send without an answer, the outer one does not.
fn a_retry_looks_at_all_attempts_and_not_at_the_last_one_alone<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::hang(), Reply::reject(400)]);
        let builder = SenderRunner::builder(sender.clone())
            .strategy(timeout(100))
            .strategy(Retry::new(1, ms(0)).on_no_answer())
            .strategy(Retry::new(5, ms(0)));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        assert!(matches!(runner.request("a").await.unwrap().await, Err(SendError::Rejected(_))));
        assert_eq!(sender.sends().len(), 2);
    });
}

fn what_may_have_been_taken_is_sent_again_only_if_asked_for<S: Store<Line>>() {
    for (retry, sends) in [(Retry::new(3, SECOND), 1), (Retry::new(3, SECOND).on_no_answer(), 4)] {
        run(|runtime| async move {
            let builder = SenderRunner::builder(Line(runtime.timer())).strategy(retry);
            let runner = start_built::<S, _, _>(&runtime, builder).await;
            let mut ticket = runner.request(Does::RejectsWhatItMayHaveTaken).await.unwrap();
            assert_eq!((&mut ticket).await, Err(SendError::Rejected("internal error")));
            assert_eq!((ticket.attempts(), ticket.may_have_arrived()), (sends, true));
        });
    }
}

fn a_worker_that_is_dropped_tells_what_it_never_sent<S: Store<Sender>>() {
    run(|runtime| async move {
        let (runner, worker) =
            S::prepare(SenderRunner::builder(accepting(&runtime, ms(10))), runtime.timer()).run();
        let mut worker = Box::pin(worker);
        let in_flight = runner.request("in flight").await.unwrap();
        assert!(poll!(&mut worker).is_pending());
        let queued = runner.request("queued").await.unwrap();
        drop(worker);
        let ends = [in_flight, queued].map(|mut ticket| async move {
            let Err(SendError::NoAnswer(why)) = (&mut ticket).await else { panic!("it was sent") };
            assert_eq!(why.may_have_arrived(), ticket.may_have_arrived());
            why
        });
        let [in_flight, queued] = ends;
        assert_eq!((in_flight.await, queued.await), (NoAnswer::Interrupted, NoAnswer::Stopped));
        assert_eq!(runner.close().await, Exit::Dropped);
    });
}

over_every_storage!(
    a_time_out_in_a_limiter_is_told_from_one_of_a_send,
    a_retry_sends_again_what_was_not_sent_in_time_and_no_more,
    what_a_sender_says_of_its_delivery_decides,
    an_abort_gives_back_what_can_not_have_arrived,
    an_abort_in_the_wait_after_a_rejection_gives_the_request_back,
    one_attempt_that_may_have_arrived_is_enough,
    a_strategy_that_refuses_or_panics_before_the_send_can_have_sent_nothing,
    no_strategy_can_say_of_a_send_that_it_was_none,
    an_error_before_the_delivery_has_begun_is_sent_again,
    a_retry_looks_at_all_attempts_and_not_at_the_last_one_alone,
    what_may_have_been_taken_is_sent_again_only_if_asked_for,
    a_worker_that_is_dropped_tells_what_it_never_sent,
);
