//! No task waits for another that is not polled, and the worker starves no other task.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::mem::forget;
use std::num::NonZeroU32;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use crate::common::store::{Store, start, start_built};
use crate::common::{Sender, accepting, ms, now, run, scripted, sent};
use futures::future::{Either, select};
use futures::stream::{self, StreamExt};
use futures::{FutureExt, poll};
use telegram_sender::error::StrategyError;
use telegram_sender::runner::Exit;
use telegram_sender::runtime::Timer;
use telegram_sender::strategy::{BuiltIn, Chain, Context, Outcome, Pipeline};
use telegram_sender::testing::{Reply, ScriptedSender, VirtualRuntime};
use telegram_sender::{
    Jitter, MessageResponse, MessageSender, NoAnswer, RateLimiter, Retry, SendError, SendStrategy,
    SenderRunner,
};

/// Awaits `future`, which must be ready within a second.
async fn soon<F: Future>(runtime: &VirtualRuntime, what: &str, future: F) -> F::Output {
    match select(pin!(future), pin!(runtime.timer().sleep(ms(1000)))).await {
        Either::Left((output, _)) => output,
        Either::Right(_) => panic!("{what} waits for ever"),
    }
}

fn bounded(sender: &Sender, capacity: usize) -> telegram_sender::runner::Builder<Sender> {
    SenderRunner::builder(sender.clone()).queue_capacity(capacity).unwrap()
}

fn a_stream_of_requests_and_a_request_beside_it_both_find_room<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(1));
        let runner = start_built::<S, _, _>(&runtime, bounded(&sender, 1)).await;
        let mut outcomes = runner.send_all(stream::iter(["stream"; 20]));
        while let Some(outcome) = soon(&runtime, "the stream", outcomes.next()).await {
            outcome.unwrap();
            drop(soon(&runtime, "the request beside", runner.request("beside")).await.unwrap());
        }
        runner.close().await;
        assert_eq!(sent(&sender).len(), 40);
    });
}

/// Polls `waiting` callers that find no room, once and never again; then the queue drains, and other callers ask for
/// room.
fn asks_behind_those_who_do_not_move<S: Store<Sender>>(waiting: usize, are_forgotten: bool) {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        // The runner is leaked, because the forgotten futures borrow it.
        let runner = &*Box::leak(Box::new(start_built::<S, _, _>(&runtime, bounded(&sender, 2)).await));
        let mut kept = Vec::new();
        for _ in 0..4 + waiting {
            let mut request = Box::pin(runner.request("left"));
            if poll!(&mut request).is_pending() {
                kept.push(request);
            }
        }
        assert!(kept.len() >= waiting);
        let mover =
            async { soon(&runtime, "who moves", runner.request("moves")).await.unwrap().await.unwrap() };
        let other =
            async { soon(&runtime, "the other", runner.request("other")).await.unwrap().await.unwrap() };
        let (_, _) = futures::join!(mover, other);
        if are_forgotten {
            kept.drain(..).for_each(forget);
        }
        assert_eq!(soon(&runtime, "close", runner.close()).await, Exit::Drained);
        let requests: Vec<_> = sent(&sender).into_iter().map(|(_, request)| request).collect();
        assert!(requests.contains(&"moves") && requests.contains(&"other"));
    });
}

fn callers_who_do_not_come_for_their_room_keep_no_other_out<S: Store<Sender>>() {
    for waiting in [1, 2, 7] {
        asks_behind_those_who_do_not_move::<S>(waiting, false);
        asks_behind_those_who_do_not_move::<S>(waiting, true);
    }
}

/// The worker is in the middle of a send that never ends, so it takes no more requests.
fn room_is_found_beside_those_who_do_not_move_while_a_send_hangs<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept().after(ms(10)), Reply::hang()]);
        let runner = start_built::<S, _, _>(&runtime, bounded(&sender, 1)).await;
        drop(runner.request("sent").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.request("hangs").await.unwrap());
        let mut left: Vec<_> = (0..3).map(|_| Box::pin(runner.request("left"))).collect();
        for request in &mut left {
            assert!(poll!(request).is_pending());
        }
        drop(soon(&runtime, "who moves", runner.request("moves")).await.unwrap());
        runner.abort().await;
    });
}

fn a_consumer_who_does_not_come_for_its_response_keeps_none_from_another<S: Store<Sender>>() {
    for is_forgotten in [false, true] {
        run(|runtime| async move {
            let sender = scripted(&runtime, [Reply::accept().after(ms(10)), Reply::hang()]);
            let runner = start::<S, _>(&runtime, &sender).await;
            let mut left = runner.results();
            assert!(poll!(left.next()).is_pending());
            let mut moves = runner.results();
            drop(runner.request("a").await.unwrap());
            // Another request keeps the worker busy.
            drop(runner.request("hangs").await.unwrap());
            let answer = soon(&runtime, "who moves", moves.next()).await.unwrap();
            assert_eq!(answer.response.unwrap().request, "a");
            if is_forgotten {
                forget(left);
            }
            runner.abort().await;
            assert!(soon(&runtime, "the end", moves.next()).await.is_none());
        });
    }
}

/// Runs a side effect when it is dropped.
struct OnDrop(RefCell<Option<Effect>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(effect) = self.0.take() {
            effect();
        }
    }
}

/// Answers with messages that run a side effect when they are dropped.
#[derive(Clone, Default)]
struct Effects(Rc<RefCell<Vec<Effect>>>);

type Effect = Box<dyn FnOnce()>;

impl MessageSender for Effects {
    type Request = ();
    type Message = Rc<OnDrop>;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, (): &()) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(Rc::new(OnDrop(RefCell::new(self.0.borrow_mut().pop())))))
    }
}

fn what_comes_for_a_consumer_while_the_last_one_leaves_is_not_lost<S: Store<Effects>>() {
    run(|runtime| async move {
        let sender = Effects::default();
        let (runner, worker) = S::prepare(SenderRunner::builder(sender.clone()), runtime.timer()).run();
        let worker = Rc::new(RefCell::new(Box::pin(worker)));
        let leaves = runner.results();
        let comes = Rc::new(RefCell::new(None));
        for _ in 0..5 {
            drop(runner.request(()).await.unwrap());
        }
        sender.0.borrow_mut().push({
            let (runner, worker, comes) = (runner.clone(), worker.clone(), comes.clone());
            Box::new(move || {
                *comes.borrow_mut() = Some(runner.results());
                drop(runner.try_request(()).unwrap());
                assert!((&mut *worker.borrow_mut()).now_or_never().is_none());
            })
        });
        assert!((&mut *worker.borrow_mut()).now_or_never().is_none());
        // The drop of its first unread response creates another consumer, and a response for that one.
        drop(leaves);
        let mut comes = comes.take().unwrap();
        let mut answers = Vec::new();
        while let Some(Some(answer)) = comes.next().now_or_never() {
            answers.push(answer.id.get());
        }
        assert_eq!(answers.last(), Some(&5), "{answers:?}");
    });
}

/// Lets other tasks run `turns` times.
async fn others_run(turns: usize) {
    for _ in 0..turns {
        let mut yielded = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return std::task::Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    }
}

/// Sends forever, whatever the answer.
struct ForEver;

impl<S: MessageSender> SendStrategy<S> for ForEver {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        loop {
            let _ = inner.send(cx, request).await;
        }
    }
}

/// Sleeps forever, each time for no time.
struct Idles;

impl<S: MessageSender> SendStrategy<S> for Idles {
    async fn execute(&mut self, cx: &mut impl Context<S>, _: &S::Request, _: impl Pipeline<S>) -> Outcome<S> {
        loop {
            cx.sleep(Duration::ZERO).await;
            cx.sleep_until(cx.now()).await;
        }
    }
}

fn lets_others_run_and_ends<S: Store<Sender>, A: SendStrategy<Sender> + 'static>(strategy: A) {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::reject(400)]);
        let builder = SenderRunner::builder(sender).strategy(strategy);
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        let endless = runner.request("a").await.unwrap();
        others_run(20).await;
        let unsent = runner.abort().await;
        // None of its sends can have arrived.
        assert_eq!(crate::common::all(unsent), ["a"]);
        assert_eq!(endless.await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
        assert_eq!(now(&runtime) / 1000, 0);
    });
}

fn resends_without_a_wait_let_others_run_and_end_with_an_abort<S: Store<Sender>>() {
    let tick = || RateLimiter::new(1, Duration::from_nanos(1)).unwrap();
    let retry = || Retry::new(u32::MAX, Duration::ZERO);
    lets_others_run_and_ends::<S, _>(retry());
    lets_others_run_and_ends::<S, _>(Jitter::with_seed(u32::MAX, Duration::ZERO, 0.5, 1).unwrap());
    lets_others_run_and_ends::<S, _>(ForEver);
    lets_others_run_and_ends::<S, _>(Idles);
    lets_others_run_and_ends::<S, _>(Chain::new([BuiltIn::from(retry())]));
    run(|runtime| async move {
        // With a limit, time passes.
        let builder = SenderRunner::builder(scripted(&runtime, [Reply::reject(400)]))
            .strategy(tick())
            .strategy(retry());
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        drop(runner.request("a").await.unwrap());
        others_run(20).await;
        runner.abort().await;
    });
}

/// The sender is never called, and each retry waits for no time.
fn a_retry_of_what_is_never_sent_lets_others_run_and_ends_with_an_abort<S: Store<Sender>>() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(accepting(&runtime, ms(0)))
            .strategy(RateLimiter::new(1, Duration::from_secs(3600)).unwrap())
            .strategy(Refuses)
            .strategy(OnRefusal)
            .strategy(Retry::new(u32::MAX, Duration::ZERO));
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        drop(runner.request("a").await.unwrap());
        others_run(20).await;
        assert_eq!(crate::common::all(runner.abort().await), ["a"]);
    });
}

/// Turns each refusal into `NotSentInTime`.
struct OnRefusal;

impl<S: MessageSender> SendStrategy<S> for OnRefusal {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        inner.send(cx, request).await.map_err(|_| NoAnswer::NotSentInTime)
    }
}

/// Re-queues its request and panics.
struct RequeuesAndPanics;

impl SendStrategy<Sender> for RequeuesAndPanics {
    async fn execute(
        &mut self,
        cx: &mut impl Context<Sender>,
        request: &&'static str,
        _: impl Pipeline<Sender>,
    ) -> Outcome<Sender> {
        let _ = cx.requeue(request);
        std::panic::resume_unwind(Box::new("panics"));
    }
}

fn panics_without_end_let_others_run<S: Store<Sender>>() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(accepting(&runtime, ms(0))).strategy(RequeuesAndPanics);
        let runner = start_built::<S, _, _>(&runtime, builder).await;
        drop(runner.request("a").await.unwrap());
        others_run(20).await;
        assert!(crate::common::all(runner.abort().await).is_empty());
    });
}

#[cfg(feature = "smol")]
mod dropped_when_woken {
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Wake, Waker};

    use futures::{FutureExt, StreamExt};
    use telegram_sender::runner::Exit;
    use telegram_sender::storage::{Heap, Lean};
    use telegram_sender::{MessageResponse, MessageSender, NoAnswer, SendError, SenderRunner, Smol};

    /// A task whose future is dropped when it is woken, because its executor has ended.
    struct Orphan(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

    impl Orphan {
        fn start(future: impl Future<Output = ()> + Send + 'static) {
            let orphan = Arc::new(Self(Mutex::new(Some(Box::pin(future)))));
            let waker = Waker::from(orphan.clone());
            let mut future = orphan.0.lock().unwrap().take().unwrap();
            assert!(future.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
            *orphan.0.lock().unwrap() = Some(future);
        }
    }

    impl Wake for Orphan {
        fn wake(self: Arc<Self>) {
            let future = self.0.lock().unwrap().take();
            drop(future);
        }
    }

    struct Echo;

    impl MessageSender for Echo {
        type Request = u32;
        type Message = u32;
        type Rejection = ();
        type Error = ();

        async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
            Ok(Ok(*request))
        }
    }

    /// Drops every waiting future in the very call that wakes it. A lock that is held meanwhile would never be free.
    macro_rules! what_is_dropped_when_it_is_woken {
        ($storage:expr) => {{
            let builder = || SenderRunner::builder(Echo).queue_capacity(1).unwrap();
            let (runner, worker) = builder().prepare_in($storage, Smol).unwrap().run();
            let runner: &'static _ = Box::leak(Box::new(runner));
            let mut worker = Box::pin(worker);
            drop(runner.try_request(0).unwrap());
            for _ in 0..2 {
                Orphan::start(async { drop(runner.request(1).await) });
                Orphan::start(async { _ = runner.results().next().await });
                Orphan::start(async { _ = runner.task().await });
            }
            assert!((&mut worker).now_or_never().is_none());
            let close = runner.close();
            assert_eq!(smol::block_on(smol::future::zip(worker, close)), (Ok(Exit::Drained), Exit::Drained));

            // The worker may be dropped by its wake too.
            let (runner, worker) = builder().prepare_in($storage, Smol).unwrap().run();
            Orphan::start(async { _ = worker.await });
            let ticket = runner.try_request(0).unwrap();
            assert_eq!(smol::block_on(ticket), Err(SendError::NoAnswer(NoAnswer::Stopped)));
        }};
    }

    #[test]
    fn what_is_dropped_when_it_is_woken_keeps_nobody_waiting() {
        what_is_dropped_when_it_is_woken!(<Heap<_>>::new());
        what_is_dropped_when_it_is_woken!(<Lean<_>>::new());
    }
}

/// Refuses each request.
struct Refuses;

impl<S: MessageSender> SendStrategy<S> for Refuses {
    async fn execute(&mut self, _: &mut impl Context<S>, _: &S::Request, _: impl Pipeline<S>) -> Outcome<S> {
        Err(NoAnswer::Strategy(StrategyError::new("no")))
    }
}

/// More requests than the worker serves in one turn.
const MANY: usize = 100;
const YIELD_EVERY: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Returns how often a worker is polled until it is done with `MANY` requests.
fn polls<S, A>(strategy: A, ends: impl AsyncFn(&mut Vec<TicketOver<S>>, &RunnerOf<S>) -> bool) -> usize
where
    S: Store<ScriptedSender<usize>>,
    A: SendStrategy<ScriptedSender<usize>> + 'static,
{
    run(|runtime| async move {
        let builder = SenderRunner::builder(ScriptedSender::new(runtime.timer()));
        let builder = builder.strategy(strategy).yield_every(YIELD_EVERY);
        let (runner, worker) = S::prepare(builder, runtime.timer()).run();
        let polls = Rc::new(Cell::new(0));
        let counted = polls.clone();
        let mut worker = Box::pin(worker);
        let worker = runtime.spawn_counted(counted, async move { worker.as_mut().await.unwrap() });
        let mut tickets = Vec::new();
        for request in 0..MANY {
            tickets.push(runner.try_request(request).unwrap());
        }
        let ended = ends(&mut tickets, &runner).await;
        if !ended {
            runner.close().await;
        }
        worker.await;
        polls.get()
    })
}

type RunnerOf<S> = crate::common::store::RunnerOver<S, ScriptedSender<usize>>;
type TicketOver<S> =
    telegram_sender::Ticket<ScriptedSender<usize>, <S as Store<ScriptedSender<usize>>>::Storage>;

trait SpawnCounted {
    fn spawn_counted<F: Future<Output = Exit> + 'static>(
        &self,
        polls: Rc<Cell<usize>>,
        future: F,
    ) -> Pin<Box<dyn Future<Output = Exit>>>;
}

impl SpawnCounted for VirtualRuntime {
    fn spawn_counted<F: Future<Output = Exit> + 'static>(
        &self,
        polls: Rc<Cell<usize>>,
        future: F,
    ) -> Pin<Box<dyn Future<Output = Exit>>> {
        use telegram_sender::runtime::Spawner;
        let mut future = Box::pin(future);
        let task = self.spawn(std::future::poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            future.as_mut().poll(cx)
        }));
        Box::pin(task.map(Option::unwrap))
    }
}

fn many_cancelled_aborted_or_refused_requests_let_others_run<S: Store<ScriptedSender<usize>>>() {
    let cancelled = polls::<S, _>(telegram_sender::strategy::Identity, async |tickets, _| {
        assert!(tickets.iter_mut().all(telegram_sender::Ticket::cancel));
        false
    });
    let aborted = polls::<S, _>(telegram_sender::strategy::Identity, async |_, runner| {
        assert_eq!(runner.abort().await.into_iter().count(), MANY);
        true
    });
    let refused = polls::<S, _>(Refuses, async |_, _| false);
    for (what, polls) in [("cancelled", cancelled), ("aborted", aborted), ("refused", refused)] {
        assert!(polls >= MANY / 10, "{polls} polls for {MANY} {what} requests");
    }
}

over_every_storage!(
    a_stream_of_requests_and_a_request_beside_it_both_find_room,
    callers_who_do_not_come_for_their_room_keep_no_other_out,
    room_is_found_beside_those_who_do_not_move_while_a_send_hangs,
    a_consumer_who_does_not_come_for_its_response_keeps_none_from_another,
    what_comes_for_a_consumer_while_the_last_one_leaves_is_not_lost,
    resends_without_a_wait_let_others_run_and_end_with_an_abort,
    a_retry_of_what_is_never_sent_lets_others_run_and_ends_with_an_abort,
    panics_without_end_let_others_run,
);

mod many {
    #[test]
    fn on_the_heap() {
        super::many_cancelled_aborted_or_refused_requests_let_others_run::<crate::common::store::OnHeap>();
    }

    #[test]
    fn in_the_lean_storage() {
        super::many_cancelled_aborted_or_refused_requests_let_others_run::<crate::common::store::InLean>();
    }

    #[cfg(feature = "embassy")]
    #[test]
    fn in_the_fixed_storage() {
        super::many_cancelled_aborted_or_refused_requests_let_others_run::<crate::common::store::Fixed<100, 1>>(
        );
    }
}
