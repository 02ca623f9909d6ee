//! The built-in strategies: alone, composed, in any order, and as a chain made at run time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{End, Sender, accepted, accepting, ms, now, rejected, run, scripted, sent};
use backon::ConstantBuilder;
use telegram_sender::RequestId;
use telegram_sender::error::{InvalidArgument, StrategyError};
use telegram_sender::runtime::Timer;
use telegram_sender::strategy::{BuiltIn, Chain, Context, Outcome, Pipeline};
use telegram_sender::testing::VirtualRuntime;
use telegram_sender::testing::{Failed, Reply};
use telegram_sender::{
    CompositeStrategy, Delay, Jitter, MessageResponse, MessageSender, NoAnswer, RateLimiter, Requeue, Retry,
    SendError, SendStrategy, SenderRunner, Timeout,
};

const NO_ANSWER: Reply = Reply::fail("unreachable");
const REJECT: Reply = Reply::reject(400);

fn flood(seconds: u64) -> Reply {
    crate::common::flood(Duration::from_secs(seconds))
}

/// Enqueues the requests a, b, c, … at once, with sends of 100 ms, and closes. Returns the time, the attempts and
/// the end of each, and the time of each send.
fn send_all<A>(count: usize, strategy: A, replies: &[Reply]) -> (Vec<(u64, u32, End)>, Vec<u64>)
where
    A: SendStrategy<Sender> + 'static,
{
    run(|runtime| async move {
        let replies: Vec<_> = replies.iter().map(|reply| reply.after(ms(100))).collect();
        let sender = scripted(&runtime, replies);
        let builder = SenderRunner::builder(sender.clone()).strategy(strategy);
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        let mut tickets = Vec::new();
        for request in ["a", "b", "c", "d", "e", "f"].into_iter().take(count) {
            tickets.push(runner.request(request).await.unwrap());
        }
        let mut ends = Vec::new();
        for mut ticket in tickets {
            let end = (&mut ticket).await;
            ends.push((now(&runtime), ticket.attempts(), end));
        }
        runner.close().await;
        (ends, sent(&sender).into_iter().map(|(time, _)| time).collect())
    })
}

fn sends<A: SendStrategy<Sender> + 'static>(count: usize, strategy: A, replies: &[Reply]) -> Vec<u64> {
    send_all(count, strategy, replies).1
}

#[test]
fn a_limiter_waits_before_the_send_and_no_window_holds_more() {
    let limiter = || RateLimiter::new(2, Duration::from_secs(1)).unwrap();
    assert_eq!(sends(5, limiter(), &[Reply::accept()]), [0, 100, 1000, 1100, 2000]);
    // Failed sends count.
    assert_eq!(sends(3, limiter(), &[NO_ANSWER, REJECT, Reply::accept()]), [0, 100, 1000]);
    // A limiter that is listed after a delay still holds the send, and not the reply.
    let after_delay = CompositeStrategy::new().with(Delay::new(ms(300))).with(limiter());
    let (ends, sends) = send_all(3, after_delay, &[Reply::accept()]);
    assert_eq!(sends, [0, 400, 1000]);
    assert!(ends.iter().map(|end| end.0).eq([400, 800, 1400]));
}

#[test]
fn a_retry_listed_after_a_limiter_resends_through_it() {
    let strategy = CompositeStrategy::new()
        .with(RateLimiter::new(2, Duration::from_secs(1)).unwrap())
        .with(Retry::new(4, ms(50)));
    assert_eq!(sends(1, strategy, &[REJECT, REJECT, REJECT, Reply::accept()]), [0, 150, 1000, 1150]);
}

#[test]
fn a_limiter_listed_after_a_retry_waits_once_for_the_whole_retried_send() {
    let strategy = CompositeStrategy::new()
        .with(Retry::new(2, ms(50)))
        .with(RateLimiter::new(1, Duration::from_secs(1)).unwrap());
    assert_eq!(sends(2, strategy, &[REJECT, REJECT, Reply::accept()]), [0, 150, 300, 1000]);
}

/// The wider limiter counts a send from when the narrower one lets it through, not from when it asked.
#[test]
fn two_limiters_are_both_exact_in_either_order() {
    let narrow = || RateLimiter::new(3, Duration::from_secs(1)).unwrap();
    let wide = || RateLimiter::new(4, Duration::from_secs(4)).unwrap();
    let replies = [Reply::accept(); 30];
    for timeout in [None, Some(Timeout::new(ms(60)).unwrap())] {
        let one = CompositeStrategy::new().with(narrow()).with(timeout).with(wide());
        let other = CompositeStrategy::new().with(wide()).with(timeout).with(narrow());
        let chain = |limiters: [BuiltIn; 2]| {
            let [inner, outer] = limiters;
            Chain::new([inner].into_iter().chain(timeout.map(BuiltIn::from)).chain([outer]))
        };
        for sends in [
            many_sends(one, &replies),
            many_sends(other, &replies),
            many_sends(chain([narrow().into(), wide().into()]), &replies),
            many_sends(chain([wide().into(), narrow().into()]), &replies),
        ] {
            for (rate, period) in [(3, 1000), (4, 4000)] {
                for window in sends.windows(rate + 1) {
                    assert!(window[rate] - window[0] >= period, "{rate} per {period} ms: {sends:?}");
                }
            }
        }
    }
    let in_order = CompositeStrategy::new().with(narrow()).with(wide());
    let chain = Chain::new([narrow().into(), wide().into()]);
    for sends in [many_sends(in_order, &replies), many_sends(chain, &replies)] {
        assert_eq!(sends[..9], [0, 10, 20, 1000, 4000, 4010, 4020, 5000, 8000]);
    }
}

/// The re-send uses up the inner limiter, so the second request is sent when that has room. The outer limiter counts
/// it from then on, not from when it asked.
#[test]
fn an_outer_limiter_counts_from_when_the_inner_one_let_the_send_go() {
    let limiter = |rate, period| RateLimiter::new(rate, ms(period)).unwrap();
    let retry = Retry::new(1, Duration::ZERO);
    let strategy = CompositeStrategy::new().with(limiter(2, 1000)).with(retry).with(limiter(1, 600));
    assert_eq!(sends(3, strategy, &[REJECT, Reply::accept()]), [0, 100, 1000, 1600]);
    let chain = Chain::new([limiter(2, 1000).into(), retry.into(), limiter(1, 600).into()]);
    assert_eq!(sends(3, chain, &[REJECT, Reply::accept()]), [0, 100, 1000, 1600]);
}

/// Returns when each of forty requests, of 10 ms each, was sent.
fn many_sends<A: SendStrategy<Sender> + 'static>(strategy: A, replies: &[Reply]) -> Vec<u64> {
    run(|runtime| async move {
        let replies: Vec<_> = replies.iter().map(|reply| reply.after(ms(10))).collect();
        let sender = scripted(&runtime, replies);
        let builder = SenderRunner::builder(sender.clone()).strategy(strategy);
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        for _ in 0..40 {
            drop(runner.request("a").await.unwrap());
        }
        runner.close().await;
        sent(&sender).into_iter().map(|(time, _)| time).collect()
    })
}

#[test]
fn an_idle_limiter_earns_no_credit() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(1));
        let runner = SenderRunner::builder(sender.clone())
            .strategy(RateLimiter::<[telegram_sender::runtime::Instant; 2]>::with_array(ms(1000)).unwrap())
            .prepare(runtime.timer())
            .start(&runtime)
            .await
            .unwrap();
        runtime.timer().sleep(Duration::from_secs(60)).await;
        for _ in 0..3 {
            drop(runner.request("a").await.unwrap());
        }
        runner.close().await;
        assert_eq!(sent(&sender).iter().map(|sent| sent.0).collect::<Vec<_>>(), [60_000, 60_001, 61_000]);
    });
}

#[test]
fn a_delay_holds_the_answer_and_the_next_request() {
    let (ends, sends) = send_all(2, Delay::new(ms(1000)), &[Reply::accept(), REJECT]);
    assert_eq!(sends, [0, 1100]);
    assert!(ends.iter().map(|end| end.0).eq([1100, 2200]));
    // The lack of an answer is passed on at once.
    assert_eq!(sends2(Delay::new(ms(1000)), NO_ANSWER), [0, 100]);
}

fn sends2<A: SendStrategy<Sender> + 'static>(strategy: A, first: Reply) -> Vec<u64> {
    sends(2, strategy, &[first, Reply::accept()])
}

#[test]
fn one_rejection_is_waited_for_once_by_delay_retry_and_runner_together() {
    assert_eq!(sends2(Delay::new(ms(1000)), flood(3)), [0, 3100]);
    assert_eq!(
        sends2(Delay::new(ms(5000)), flood(3)),
        [0, 3100],
        "the service's wait stands in for the delay"
    );
    let retry_then_delay = CompositeStrategy::new().with(Retry::new(1, ms(500))).with(Delay::new(ms(1000)));
    assert_eq!(
        sends(2, retry_then_delay, &[flood(2), flood(2), Reply::accept()]),
        [0, 2100, 4200],
        "the last rejection's two seconds are served by the delay, and not again by the runner"
    );
    let delay_then_retry = CompositeStrategy::new().with(Delay::new(ms(1000))).with(Retry::new(1, ms(500)));
    assert_eq!(sends2(delay_then_retry, flood(2)), [0, 2100, 3200]);
}

#[test]
fn a_retry_resends_rejections_until_its_last() {
    let (ends, sends) = send_all(2, Retry::new(2, ms(500)), &[REJECT, REJECT, REJECT, Reply::accept()]);
    assert_eq!(sends, [0, 600, 1200, 1300]);
    assert_eq!(ends[0], (1300, 3, Err(SendError::Rejected(rejected(2)))));
    assert_eq!(ends[1], (1400, 1, Ok(accepted(3, "b"))));
}

#[test]
fn a_retry_takes_a_closure_as_its_schedule() {
    let schedule = |retry: u32| [ms(70), ms(200)].get(retry as usize).copied();
    assert_eq!(sends(1, Retry::with_schedule(schedule), &[REJECT]), [0, 170, 470]);
}

/// Rejects all requests. The rejection of an odd one is final.
struct Picky(std::rc::Rc<std::cell::RefCell<Vec<u32>>>);

impl MessageSender for Picky {
    type Request = u32;
    type Message = ();
    type Rejection = u32;
    type Error = ();

    async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
        self.0.borrow_mut().push(*request);
        Ok(Err(*request))
    }

    fn is_final(rejection: &u32) -> bool {
        rejection % 2 == 1
    }
}

#[test]
fn a_final_rejection_is_not_sent_again() {
    run(|runtime| async move {
        let sent = std::rc::Rc::default();
        let builder = SenderRunner::builder(Picky(std::rc::Rc::clone(&sent))).strategy(Retry::new(2, ms(1)));
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        for request in [1, 2, 3] {
            assert_eq!(runner.request(request).await.unwrap().await, Err(SendError::Rejected(request)));
        }
        assert_eq!(*sent.borrow(), [1, 2, 2, 2, 3]);
    });
}

#[test]
fn flood_waits_use_up_retries_unless_told_otherwise() {
    let floods = [flood(1), flood(1), flood(1), flood(1), REJECT, REJECT, Reply::accept()];
    let waits = |strategy| sends(1, strategy, &floods);
    assert_eq!(waits(Retry::new(3, ms(50))), [0, 1100, 2200, 3300]);
    // Four waits, and two retries on the schedule.
    let all = [0, 1100, 2200, 3300, 4400, 4550, 4700];
    let uncounted = || Retry::new(3, ms(50)).uncounted_flood_waits();
    assert_eq!(waits(uncounted()), all);
    assert_eq!(sends(1, Chain::new([uncounted().into()]), &floods), all);
    let jitter = Jitter::with_source(2, ms(50), 0.0, || 0.0).unwrap().uncounted_flood_waits();
    assert_eq!(sends(1, jitter, &floods), [0, 1100, 2200, 3300, 4400, 4550, 4750]);
    // A rejection that asks for no wait, or for one of zero, counts.
    let zero = [REJECT.retry_after(ms(0)), REJECT, REJECT, REJECT];
    assert_eq!(sends(1, Retry::new(2, ms(50)).uncounted_flood_waits(), &zero).len(), 3);
}

/// The time of each end, and true if the request was accepted.
type Ends = Vec<(u64, bool)>;

/// Sends a, which the service rejects with a wait, and b behind it. Returns the ends and the sends.
fn with_longest_wait<A>(strategy: A, wait: Duration) -> (Ends, Vec<(u64, &'static str)>)
where
    A: SendStrategy<Sender> + 'static,
{
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept()])
            .replies_to("a", [REJECT.retry_after(wait), Reply::accept()]);
        let builder = SenderRunner::builder(sender.clone()).strategy(strategy).longest_wait(ms(60_000));
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        let tickets = [runner.request("a").await.unwrap(), runner.request("b").await.unwrap()];
        let mut ends = Vec::new();
        for ticket in tickets {
            let end = ticket.await;
            ends.push((now(&runtime), end.is_ok()));
        }
        (ends, sent(&sender))
    })
}

#[test]
fn a_flood_wait_beyond_the_longest_ends_its_request_and_holds_nobody() {
    let retry = || Retry::new(3, ms(50));
    for wait in [ms(60_001), Duration::from_secs(40_000), Duration::from_secs(u64::MAX)] {
        let at_once = (vec![(0, false), (0, true)], vec![(0, "a"), (0, "b")]);
        assert_eq!(with_longest_wait(telegram_sender::strategy::Identity, wait), at_once);
        assert_eq!(with_longest_wait(retry(), wait), at_once);
        assert_eq!(with_longest_wait(retry().uncounted_flood_waits(), wait), at_once);
        assert_eq!(with_longest_wait(Chain::new([retry().into()]), wait), at_once);
        // Such a wait does not lengthen a delay either.
        let delayed = (vec![(20, false), (40, true)], vec![(0, "a"), (20, "b")]);
        assert_eq!(with_longest_wait(Delay::new(ms(20)), wait), delayed);
        assert_eq!(with_longest_wait(Chain::new([Delay::new(ms(20)).into()]), wait), delayed);
    }
    let served = (vec![(60_000, true), (60_000, true)], vec![(0, "a"), (60_000, "a"), (60_000, "b")]);
    assert_eq!(with_longest_wait(retry(), ms(60_000)), served);
}

#[test]
fn a_jitter_whose_source_gives_no_number_waits_without_a_random_part() {
    let jitter = Jitter::with_source(1, ms(50), 0.5, || f64::NAN).unwrap();
    assert_eq!(sends(1, jitter, &[REJECT, Reply::accept()]), [0, 150]);
}

#[test]
fn a_limit_too_large_for_the_memory_is_made_and_used() {
    let limiter = RateLimiter::new(u32::MAX, Duration::from_secs(3600)).unwrap();
    assert_eq!(sends(5, limiter, &[Reply::accept()]), [0, 100, 200, 300, 400]);
}

#[test]
fn a_flood_wait_wins_over_the_retrys_own_delay() {
    assert_eq!(sends2(Retry::new(1, ms(500)), flood(2)), [0, 2100, 2200]);
}

#[test]
fn a_send_without_an_answer_is_retried_only_if_asked_for() {
    let (ends, sent) = send_all(1, Retry::new(2, ms(50)), &[NO_ANSWER, Reply::accept()]);
    assert_eq!(
        (sent.len(), &ends[0].2),
        (1, &Err(SendError::NoAnswer(NoAnswer::Failed(Failed("unreachable")))))
    );
    let asked = Retry::new(2, ms(50)).on_no_answer();
    assert_eq!(sends2(asked, NO_ANSWER), [0, 150, 250]);
    let timed_out = CompositeStrategy::new()
        .with(Timeout::new(ms(10)).unwrap())
        .with(Retry::new(1, ms(50)).on_no_answer());
    assert_eq!(sends(1, timed_out, &[Reply::accept()]), [0, 60]);
}

#[test]
fn a_retry_takes_any_backon_schedule_anew_for_each_request() {
    let backoff = || ConstantBuilder::default().with_delay(ms(200)).with_max_times(1);
    let replies = [REJECT, REJECT, REJECT, Reply::accept()];
    assert_eq!(sends(2, Retry::with_backoff(backoff()), &replies), [0, 300, 400, 700]);
    let doubling = backon::ExponentialBuilder::default().with_min_delay(ms(100)).with_max_times(3);
    assert_eq!(sends(1, Retry::with_backoff(doubling), &replies), [0, 200, 500, 1000]);
}

#[test]
fn jitter_backs_off_exponentially_with_a_random_part() {
    let jitter =
        |fraction: f64| Jitter::with_source(3, Duration::from_secs(1), 0.4, move || fraction).unwrap();
    let replies = [REJECT, REJECT, REJECT, Reply::accept()];
    assert_eq!(sends(1, jitter(0.0), &replies), [0, 1100, 3200, 7300]);
    assert_eq!(sends(1, jitter(0.5), &replies), [0, 1300, 3800, 8700]);
    assert_eq!(sends2(jitter(1.0), flood(9)), [0, 9100, 9200]);
}

#[test]
fn two_seeds_do_not_back_off_in_lockstep() {
    let with_seed =
        |seed| sends(1, Jitter::with_seed(3, Duration::from_secs(10), 1.0, seed).unwrap(), &[REJECT]);
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1), with_seed(2));
}

#[test]
fn a_timeout_drops_the_send_and_the_next_goes_on_at_once() {
    let (ends, sends) = send_all(2, Timeout::new(ms(60)).unwrap(), &[Reply::accept()]);
    assert_eq!(sends, [0, 60]);
    assert_eq!(ends[0], (60, 1, Err(SendError::NoAnswer(NoAnswer::TimedOut))));
    let (ends, _) = send_all(1, Timeout::new(ms(60)).unwrap(), &[Reply::hang()]);
    assert_eq!(ends[0].0, 60);
    // An answer at the very instant of the expiry is an answer.
    assert!(send_all(1, Timeout::new(ms(100)).unwrap(), &[Reply::accept()]).0[0].2.is_ok());
}

#[test]
fn a_retry_listed_after_a_timeout_gives_each_attempt_its_own() {
    let strategy =
        CompositeStrategy::new().with(Timeout::new(ms(1000)).unwrap()).with(Retry::new(2, ms(500)));
    let (ends, sends) = send_all(2, strategy, &[REJECT, Reply::hang(), Reply::accept()]);
    assert_eq!(sends, [0, 600, 1600]);
    assert_eq!(ends[0].2, Err(SendError::NoAnswer(NoAnswer::TimedOut)));
    let around = CompositeStrategy::new().with(Retry::new(9, ms(500))).with(Timeout::new(ms(1000)).unwrap());
    assert_eq!(send_all(1, around, &[REJECT]).0[0].0, 1000);
}

#[test]
fn a_flood_wait_cut_off_by_a_timeout_still_holds_the_runner() {
    let around = CompositeStrategy::new().with(Retry::new(1, ms(500))).with(Timeout::new(ms(1000)).unwrap());
    let (ends, sends) = send_all(2, around, &[flood(5), Reply::accept()]);
    assert_eq!((ends[0].0, sends), (1000, vec![0, 5100]));
}

#[test]
fn a_limiter_counts_a_send_after_its_flood_wait_and_not_before() {
    // The time-out cuts the flood wait off. The retry comes too early, so the limiter stamps its send after that
    // wait.
    let strategy = CompositeStrategy::new()
        .with(RateLimiter::new(2, ms(500)).unwrap())
        .with(Retry::new(1, Duration::ZERO))
        .with(Timeout::new(ms(600)).unwrap())
        .with(Retry::new(1, Duration::ZERO).on_no_answer());
    let sends = sends(3, strategy, &[flood(1), Reply::accept()]);
    assert_eq!(sends, [0, 1100, 1200, 1600]);
}

#[test]
fn requeue_counts_cycles_in_all_or_per_request() {
    let rounds = |strategy: Requeue| {
        run(|runtime| async move {
            let sender = accepting(&runtime, ms(100));
            let builder = SenderRunner::builder(sender.clone()).strategy(strategy);
            let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
            for request in ["a", "b"] {
                drop(runner.request(request).await.unwrap());
            }
            runtime.timer().sleep(ms(950)).await;
            runner.close().await;
            sent(&sender).into_iter().map(|(_, request)| request).collect::<String>()
        })
    };
    assert_eq!(rounds(Requeue::cycles(0)), "ab");
    assert_eq!(rounds(Requeue::cycles(3)), "ababa");
    assert_eq!(rounds(Requeue::cycles_per_request(2)), "ababab");
    // Ten sends begin before the close, and the one that waits then is still sent.
    assert_eq!(rounds(Requeue::endless()), "abababababa");
}

#[test]
fn requeue_leaves_the_ticket_to_the_first_round_and_skips_what_got_no_answer() {
    run(|runtime| async move {
        let replies = [Reply::accept(), NO_ANSWER].map(|reply| reply.after(ms(100)));
        let sender = scripted(&runtime, replies);
        let builder = SenderRunner::builder(sender.clone()).strategy(Requeue::endless());
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        let results = runner.results();
        assert_eq!(runner.request("a").await.unwrap().await, Ok(accepted(0, "a")));
        runtime.timer().sleep(ms(500)).await;
        assert_eq!(sent(&sender).len(), 2);
        runner.close().await;
        let rounds: Vec<_> = futures::StreamExt::collect(results).await;
        assert_eq!(rounds.iter().map(|answer| (answer.id.get(), answer.cycle)).collect::<Vec<_>>(), [(0, 0)]);
    });
}

#[test]
fn an_absent_strategy_passes_through() {
    let strategy = CompositeStrategy::new()
        .with(None::<Delay>)
        .with(Some(Delay::new(ms(50))))
        .with(CompositeStrategy::new());
    assert_eq!(sends2(strategy, Reply::accept()), [0, 150]);
}

#[test]
fn a_composite_inside_a_chain_is_the_same_as_its_parts_in_line() {
    let inner = CompositeStrategy::new().with(Timeout::new(ms(1000)).unwrap()).with(Retry::new(2, ms(500)));
    let nested = CompositeStrategy::new().with(inner).with(Delay::new(ms(1000)));
    let in_line = CompositeStrategy::new()
        .with(Timeout::new(ms(1000)).unwrap())
        .with(Retry::new(2, ms(500)))
        .with(Delay::new(ms(1000)));
    let replies = [REJECT, Reply::accept(), Reply::hang(), Reply::accept()];
    assert_eq!(send_all(3, nested, &replies), send_all(3, in_line, &replies));
}

/// Two retries nest: attempts multiply.
#[test]
fn an_outer_retry_resends_through_the_inner_one() {
    let strategy = CompositeStrategy::new().with(Retry::new(2, ms(500))).with(Retry::new(1, ms(250)));
    assert_eq!(sends(1, strategy, &[REJECT]), [0, 600, 1200, 1550, 2150, 2750]);
}

/// Refuses one request by its text.
struct Refuse(&'static str);

impl<S: MessageSender<Request = &'static str>> SendStrategy<S> for Refuse {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &&'static str,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        if *request == self.0 {
            return Err(NoAnswer::Strategy(StrategyError::new("refused")));
        }
        inner.send(cx, request).await
    }
}

#[test]
fn a_strategy_of_the_users_own_can_refuse_and_composes_with_the_built_ins() {
    let strategy = CompositeStrategy::new().with(Delay::new(ms(50))).with(Refuse("b"));
    let (ends, sends) = send_all(3, strategy, &[Reply::accept()]);
    assert_eq!(sends, [0, 150]);
    assert_eq!(
        ends[1],
        (150, 0, Err(SendError::NoAnswer(NoAnswer::Strategy(StrategyError::new("refused")))))
    );
}

/// Sends each request twice, and records its id and the number of its attempts before and after each send.
struct Twice(Arc<Mutex<Vec<(u64, u32)>>>);

impl<S: MessageSender> SendStrategy<S> for Twice {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        let note = |id: RequestId, attempts| self.0.lock().unwrap().push((id.get(), attempts));
        note(cx.id(), cx.attempts());
        let _ = inner.send(cx, request).await;
        note(cx.id(), cx.attempts());
        let outcome = inner.send(cx, request).await;
        note(cx.id(), cx.attempts());
        outcome
    }
}

#[test]
fn a_strategy_sees_whose_turn_it_is_and_counts_the_attempts_of_that_alone() {
    let seen = Arc::default();
    let strategy = CompositeStrategy::new().with(Retry::new(1, ms(0))).with(Twice(Arc::clone(&seen)));
    let (ends, sends) = send_all(2, strategy, &[REJECT, Reply::accept()]);
    assert_eq!((ends[0].1, ends[1].1, sends.len()), (3, 2, 5));
    assert_eq!(*seen.lock().unwrap(), [(0, 0), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2)]);
}

/// Panics on one request.
struct PanicOn(&'static str);

impl<S: MessageSender<Request = &'static str>> SendStrategy<S> for PanicOn {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &&'static str,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        assert_ne!(*request, self.0);
        inner.send(cx, request).await
    }
}

#[test]
fn a_panic_of_a_strategy_fails_its_ticket_only() {
    let (ends, sends) = send_all(3, PanicOn("b"), &[Reply::accept()]);
    assert_eq!(sends, [0, 100]);
    assert!(matches!(ends[1].2, Err(SendError::NoAnswer(NoAnswer::Panicked(_)))), "{:?}", ends[1]);
    assert!(ends[2].2.is_ok());
}

/// Sends a rejected request again at once, without regard to any wait.
struct Impatient;

impl<S: MessageSender> SendStrategy<S> for Impatient {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        match inner.send(cx, request).await {
            Ok(Err(_)) => inner.send(cx, request).await,
            outcome => outcome,
        }
    }
}

#[test]
fn no_strategy_can_send_before_a_flood_wait_is_over() {
    assert_eq!(sends2(Impatient, flood(3)), [0, 3100, 3200]);
}

#[test]
fn bad_arguments_are_refused_at_construction_by_name() {
    let second = Duration::from_secs(1);
    let name = |result: Option<InvalidArgument>| result.unwrap().to_string();
    assert_eq!(name(RateLimiter::new(0, second).err()), "`rate` must be at least 1");
    assert_eq!(name(RateLimiter::new(1, Duration::ZERO).err()), "`period` must be longer than zero");
    assert_eq!(name(Timeout::new(Duration::ZERO).err()), "`timeout` must be longer than zero");
    for ratio in [-0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(name(Jitter::new(1, second, ratio).err()), "`ratio` must be a number from 0 on");
    }
}

/// Creates the built-in of this number.
fn built_in(kind: usize) -> BuiltIn {
    match kind {
        0 => RateLimiter::new(2, ms(700)).unwrap().into(),
        1 => Delay::new(ms(150)).into(),
        2 => Retry::new(2, ms(130)).on_no_answer().into(),
        3 => Jitter::with_seed(2, ms(90), 0.5, 7).unwrap().into(),
        4 => Timeout::new(ms(420)).unwrap().into(),
        _ => Requeue::cycles_per_request(1).into(),
    }
}

/// Creates the strategy of this number for the static composition.
fn static_built_in(kind: usize) -> impl SendStrategy<Sender> {
    fn only<A>(wanted: bool, make: impl FnOnce() -> A) -> Option<A> {
        wanted.then(make)
    }
    CompositeStrategy::new()
        .with(only(kind == 0, || RateLimiter::new(2, ms(700)).unwrap()))
        .with(only(kind == 1, || Delay::new(ms(150))))
        .with(only(kind == 2, || Retry::new(2, ms(130)).on_no_answer()))
        .with(only(kind == 3, || Jitter::with_seed(2, ms(90), 0.5, 7).unwrap()))
        .with(only(kind == 4, || Timeout::new(ms(420)).unwrap()))
        .with(only(kind == 5, || Requeue::cycles_per_request(1)))
        .with(only(kind == OWN, || Insistent))
}

/// The number of [`Insistent`].
const OWN: usize = 6;

/// A user's own strategy: sends a rejected request once more.
struct Insistent;

impl SendStrategy<Sender> for Insistent {
    async fn execute(
        &mut self,
        cx: &mut impl Context<Sender>,
        request: &&'static str,
        mut inner: impl Pipeline<Sender>,
    ) -> Outcome<Sender> {
        let response = inner.send(cx, request).await?;
        if response.is_ok() {
            return Ok(response);
        }
        cx.sleep(ms(40)).await;
        inner.send(cx, request).await
    }
}

/// Creates a chain of the strategies of these numbers.
fn chain(kinds: impl IntoIterator<Item = usize>) -> Chain<Insistent> {
    kinds.into_iter().fold(Chain::default(), |chain, kind| match kind {
        OWN => chain.with_own(Insistent),
        kind => chain.with(built_in(kind)),
    })
}

/// For every ordered triple of strategies, with repetition, the chain made at run time does what the static nest
/// does.
#[test]
fn a_chain_made_at_run_time_acts_as_the_same_strategies_in_line() {
    let replies = [
        Reply::accept(),
        REJECT,
        NO_ANSWER,
        flood(1),
        Reply::hang(),
        REJECT,
        REJECT,
        Reply::accept(),
        flood(2),
        NO_ANSWER,
        NO_ANSWER,
        REJECT,
        Reply::accept(),
    ];
    for triple in 0..7 * 7 * 7 {
        let [first, second, third] = [triple % 7, triple / 7 % 7, triple / 49];
        // Without a time-out nothing ends a hung send.
        let has_timeout = [first, second, third].contains(&4);
        let replies: Vec<_> = replies
            .iter()
            .map(|reply| if has_timeout || *reply != Reply::hang() { *reply } else { REJECT })
            .collect();
        let chain = chain([first, second, third]);
        let nest = CompositeStrategy::new()
            .with(static_built_in(first))
            .with(static_built_in(second))
            .with(static_built_in(third));
        assert_eq!(send_all(4, chain, &replies), send_all(4, nest, &replies), "{first} {second} {third}");
    }
}

#[test]
fn an_empty_chain_sends_as_it_is() {
    assert_eq!(sends2(Chain::new([]), Reply::accept()), [0, 100]);
}

#[test]
fn a_runtime_is_deterministic_by_seed() {
    let order = |seed| {
        let runtime = VirtualRuntime::with_seed(seed);
        let log = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        for task in 0..8 {
            let log = log.clone();
            telegram_sender::runtime::Spawner::spawn(&runtime, async move { log.borrow_mut().push(task) });
        }
        runtime.run_until_stalled();
        log.take()
    };
    assert_eq!(order(3), order(3));
    assert_ne!(order(3), order(4));
}
