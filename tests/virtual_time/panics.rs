//! Panics of user code outside of a send: none of them harms another task.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};

use crate::common::store::{self, Store, start};
use crate::common::{ms, run};
use futures::{FutureExt, StreamExt, poll};
use telegram_sender::runner::{Exit, KeepResults, Overflow};
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::ScriptedSender;
use telegram_sender::{MessageResponse, MessageSender, NoAnswer, SendError, SenderRunner, Timeout};

/// Panics when it is cloned, which happens for the results.
#[derive(Debug)]
struct Fragile;

impl Clone for Fragile {
    fn clone(&self) -> Self {
        std::panic::resume_unwind(Box::new("fragile"))
    }
}

struct Answers(Cell<u32>);

impl MessageSender for Answers {
    type Request = ();
    type Message = Fragile;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, (): &()) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(Fragile))
    }

    async fn close(&self) {
        self.0.set(self.0.get() + 1);
        std::panic::resume_unwind(Box::new("can't close"));
    }
}

/// A response is not cloned if no consumer can get it, so it does not panic then.
fn panics_in_a_clone_and_in_closing<S: Store<Rc<Answers>>>(keeps_results: bool) {
    run(|runtime| async move {
        let sender = Rc::new(Answers(Cell::default()));
        let runner = start::<S, _>(&runtime, &sender).await;
        assert!(runner.request(()).await.unwrap().await.is_ok());
        let results = runner.results();
        let end = runner.request(()).await.unwrap().await;
        if keeps_results {
            let Err(SendError::NoAnswer(NoAnswer::Panicked(panic))) = end else {
                panic!("a panic that nobody heard of");
            };
            assert_eq!(panic.message(), "fragile");
        } else {
            assert!(end.is_ok());
        }
        drop(results);
        assert!(runner.request(()).await.unwrap().await.is_ok());
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(sender.0.get(), 1);
    });
}

#[test]
fn a_panic_of_a_clone_or_of_the_closing_sender_ends_nothing_else() {
    panics_in_a_clone_and_in_closing::<store::OnHeap>(true);
    panics_in_a_clone_and_in_closing::<store::InLean>(true);
    #[cfg(feature = "embassy")]
    {
        panics_in_a_clone_and_in_closing::<store::Fixed<4, 4>>(true);
        panics_in_a_clone_and_in_closing::<store::Fixed<4, 0>>(false);
    }
}

/// A request that panics when it is dropped, if its flag is set.
#[derive(Debug, PartialEq)]
struct Brittle(&'static str, bool);

impl Drop for Brittle {
    fn drop(&mut self) {
        assert!(!self.1 || std::thread::panicking(), "{} breaks", self.0);
    }
}

enum Brittles {
    Answers,
    Hangs,
}

impl MessageSender for Brittles {
    type Request = Brittle;
    type Message = ();
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, _: &Brittle) -> Result<MessageResponse<Self>, ()> {
        match self {
            Self::Answers => Ok(Ok(())),
            Self::Hangs => std::future::pending().await,
        }
    }
}

/// Stops a runner with a request in flight, a cancelled one that panics when it is dropped, and one behind it.
fn stops_with_a_brittle_request<S: Store<Brittles>>(is_aborted: bool) {
    run(|runtime| async move {
        let (runner, worker) = S::prepare(SenderRunner::builder(Brittles::Hangs), runtime.timer()).run();
        let mut worker = Box::pin(worker);
        let in_flight = runner.request(Brittle("in flight", false)).await.unwrap();
        assert!(poll!(&mut worker).is_pending());
        let mut cancelled = runner.request(Brittle("cancelled", true)).await.unwrap();
        let behind = runner.request(Brittle("behind", false)).await.unwrap();
        assert!(cancelled.cancel());
        let (why, exit) = if is_aborted {
            let abort = pin!(runner.abort());
            assert!(poll!(abort).is_pending());
            assert_eq!(worker.await, Ok(Exit::Aborted));
            (NoAnswer::Aborted, Exit::Aborted)
        } else {
            drop(worker);
            (NoAnswer::Stopped, Exit::Dropped)
        };
        assert!(matches!(in_flight.await, Err(SendError::NoAnswer(_))));
        assert_eq!(behind.await, Err(SendError::NoAnswer(why)));
        assert_eq!(runner.task().await, exit);
        assert!(runner.abort().await.into_iter().eq([Brittle("behind", false)]));
    });
}

fn a_request_that_panics_when_it_is_given_back_harms_no_other<S: Store<Brittles>>() {
    stops_with_a_brittle_request::<S>(true);
    stops_with_a_brittle_request::<S>(false);
}

/// Cancels a request that panics when it is dropped, while the worker is idle, with no request or one behind it.
fn a_cancelled_request_that_panics_when_its_turn_comes_ends_nothing<S: Store<Brittles>>() {
    run(|runtime| async move {
        let (runner, worker) = S::prepare(SenderRunner::builder(Brittles::Answers), runtime.timer()).run();
        let mut worker = pin!(worker);
        assert!(poll!(&mut worker).is_pending());
        for behind in 0..2 {
            let mut cancelled = runner.request(Brittle("cancelled", true)).await.unwrap();
            let mut tickets = Vec::new();
            for _ in 0..behind {
                tickets.push(runner.request(Brittle("behind", false)).await.unwrap());
            }
            assert!(cancelled.cancel());
            assert!(poll!(&mut worker).is_pending());
            for ticket in tickets {
                assert_eq!(ticket.await, Ok(()));
            }
        }
        let stats = runner.stats();
        assert_eq!((stats.sent, stats.cancelled, stats.failed), (1, 2, 0));
    });
}

/// A task that can't be woken.
struct Unwakeable;

impl Wake for Unwakeable {
    fn wake(self: Arc<Self>) {
        std::panic::resume_unwind(Box::new("can't wake"));
    }
}

/// Polls a ticket in a task that panics when it is woken, with another request behind it.
fn a_ticket_whose_task_panics_when_it_is_woken_takes_nothing_from_the_results<
    S: Store<ScriptedSender<u32>>,
>() {
    run(|runtime| async move {
        let sender = ScriptedSender::new(runtime.timer());
        let (runner, worker) = S::prepare(SenderRunner::builder(sender.clone()), runtime.timer()).run();
        let mut worker = pin!(worker);
        let results = runner.results();
        let mut unwakeable = runner.request(1).await.unwrap();
        let unwakeable_too = Pin::new(&mut unwakeable);
        assert!(unwakeable_too.poll(&mut Context::from_waker(&Arc::new(Unwakeable).into())).is_pending());
        let behind = runner.request(2).await.unwrap();
        assert!(poll!(&mut worker).is_pending());
        let ids = [unwakeable.id(), behind.id()];
        assert!(unwakeable.await.is_ok() && behind.await.is_ok());
        assert_eq!((runner.stats().sent, runner.stats().failed), (2, 0));
        let close = pin!(runner.close());
        assert!(poll!(close).is_pending());
        assert_eq!(worker.await, Ok(Exit::Drained));
        assert!(results.map(|answer| answer.id).collect::<Vec<_>>().await.into_iter().eq(ids));
    });
}

fn the_future_of_a_request_that_is_polled_again_panics_and_takes_no_step<S: Store<ScriptedSender<u32>>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &ScriptedSender::new(runtime.timer())).await;
        let mut request = pin!(runner.request(1));
        let first = request.as_mut().await.unwrap();
        assert!(AssertUnwindSafe(request).catch_unwind().await.is_err());
        let next = runner.request(2).await.unwrap();
        assert_eq!((first.id().get(), next.id().get()), (0, 1));
        assert!(first.await.is_ok() && next.await.is_ok());
        assert_eq!((runner.close().await, runner.stats().sent, runner.stats().queued), (Exit::Drained, 2, 0));
    });
}

/// Polls a future once, in a task that can't be woken. Returns true if it is pending.
fn poll_unwakeable<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(&Arc::new(Unwakeable).into())).is_pending()
}

/// For room, for a response and for the end, a task that can't be woken waits before another task.
fn whom_nobody_can_wake_harms_nobody_else<S: Store<ScriptedSender<u32>>>() {
    for drops_the_worker in [false, true] {
        run(|runtime| async move {
            let sender = ScriptedSender::new(runtime.timer());
            let builder = SenderRunner::builder(sender.clone()).queue_capacity(1).unwrap();
            let (runner, worker) = S::prepare(builder, runtime.timer()).run();
            let mut worker = Box::pin(worker);
            assert!(poll!(&mut worker).is_pending());
            let ticket = runner.request(0).await.unwrap();
            let mut room = pin!(runner.request(1));
            let mut others_room = Box::pin(runner.request(2));
            let mut results = runner.results();
            let mut response = pin!(results.recv());
            let mut others_results = runner.results();
            let mut end = pin!(runner.task());
            let mut others_end = pin!(runner.task());
            let unwakeable = [
                poll_unwakeable(room.as_mut()),
                poll_unwakeable(response.as_mut()),
                poll_unwakeable(end.as_mut()),
            ];
            assert_eq!(unwakeable, [true; 3]);
            assert!(poll!(&mut others_room).is_pending());
            assert!(poll!(others_results.next()).is_pending());
            assert!(poll!(&mut others_end).is_pending());
            if drops_the_worker {
                drop(worker);
                assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::Stopped)));
                assert!(others_room.await.is_err());
                assert_eq!((others_results.next().await, others_end.await), (None, Exit::Dropped));
                return;
            }
            let worker = runtime.spawn(worker);
            assert!(ticket.await.is_ok());
            let others = others_room.await.unwrap();
            assert!(others.await.is_ok());
            assert!(others_results.next().await.is_some());
            assert_eq!((runner.stats().sent, runner.stats().failed), (2, 0));
            runner.close().await;
            assert_eq!((others_end.await, worker.await), (Exit::Drained, Some(Ok(Exit::Drained))));
            assert_eq!(sender.closed(), 1);
        });
    }
}

/// Creates a waker that only its own task can clone: the third clone panics.
fn uncloneable() -> Waker {
    const TABLE: RawWakerVTable = RawWakerVTable::new(
        |clones| {
            // SAFETY: it is the pointer below, to a leaked counter.
            #[expect(unsafe_code, reason = "only such a waker has a `clone` of its own")]
            let clones = unsafe { &*clones.cast::<Cell<u32>>() };
            clones.set(clones.get() + 1);
            if clones.get() > 2 {
                std::panic::resume_unwind(Box::new("can't clone"));
            }
            RawWaker::new(std::ptr::from_ref(clones).cast(), &TABLE)
        },
        |_| {},
        |_| {},
        |_| {},
    );
    let clones = Box::leak(Box::new(Cell::new(0)));
    // SAFETY: the counter lives forever, and no other thread sees this waker.
    #[expect(unsafe_code, reason = "only such a waker has a `clone` of its own")]
    unsafe {
        Waker::from_raw(RawWaker::new(std::ptr::from_ref(clones).cast(), &TABLE))
    }
}

fn whom_nobody_can_clone_harms_nobody_else<S: Store<ScriptedSender<u32>>>() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(ScriptedSender::new(runtime.timer()));
        let (runner, worker) = S::prepare(builder, runtime.timer()).run();
        let mut worker = Box::pin(worker);
        assert!(poll!(&mut worker).is_pending());
        let (waker, mut results, mut others_results) = (uncloneable(), runner.results(), runner.results());
        let mut response = pin!(results.recv());
        assert!(response.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(poll!(others_results.next()).is_pending());
        let worker = runtime.spawn(worker);
        let ticket = runner.request(1).await.unwrap();
        assert!(others_results.next().await.is_some() && ticket.await.is_ok());
        assert_eq!((runner.close().await, runner.stats().failed), (Exit::Drained, 0));
        assert_eq!(worker.await, Some(Ok(Exit::Drained)));
    });
}

/// The executor's own waker may panic too: a caller's request is in the queue anyway.
fn a_worker_that_can_not_be_woken_harms_no_caller<S: Store<ScriptedSender<u32>>>() {
    run(|runtime| async move {
        let builder = SenderRunner::builder(ScriptedSender::new(runtime.timer()));
        let (runner, worker) = S::prepare(builder, runtime.timer()).run();
        let mut worker = Box::pin(worker);
        assert!(poll_unwakeable(worker.as_mut()));
        let ticket = runner.request(1).await.unwrap();
        assert_eq!(runner.queued(), 1);
        let mut close = pin!(runner.close());
        assert!(poll!(&mut close).is_pending());
        assert_eq!((worker.await, close.await), (Ok(Exit::Drained), Exit::Drained));
        assert!(ticket.await.is_ok());
    });
}

/// Panics when it is dropped, with another `Bomb` as the payload and no message on stderr.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new(Self));
    }
}

#[derive(Clone)]
struct Bombs;

impl MessageSender for Bombs {
    type Request = bool;
    type Message = ();
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, panics: &bool) -> Result<MessageResponse<Self>, ()> {
        if *panics {
            std::panic::resume_unwind(Box::new(Bomb));
        }
        Ok(Ok(()))
    }
}

fn a_panic_whose_payload_panics_when_it_is_dropped_fails_its_ticket_only<S: Store<Bombs>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &Bombs).await;
        let (panics, behind) = (runner.request(true).await.unwrap(), runner.request(false).await.unwrap());
        assert!(matches!(panics.await, Err(SendError::NoAnswer(NoAnswer::Panicked(_)))));
        assert_eq!((behind.await, runner.close().await), (Ok(()), Exit::Drained));
    });
}

/// A request that panics when it is dropped, if its flag is set.
#[derive(PartialEq, Debug)]
struct Explosive(bool);

impl Drop for Explosive {
    fn drop(&mut self) {
        if self.0 {
            std::panic::resume_unwind(Box::new(Bomb));
        }
    }
}

/// Ends each send as its fate says.
#[derive(Clone)]
struct Handles(Fate);

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Accepts,
    Rejects,
    Fails,
    Panics,
    Hangs,
}

impl MessageSender for Handles {
    type Request = Explosive;
    type Message = ();
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &Explosive) -> Result<MessageResponse<Self>, ()> {
        match self.0 {
            Fate::Rejects => Ok(Err(())),
            Fate::Fails => Err(()),
            Fate::Panics if request.0 => std::panic::resume_unwind(Box::new(Bomb)),
            Fate::Hangs if request.0 => std::future::pending().await,
            _ => Ok(Ok(())),
        }
    }
}

/// However the turn of such a request ends, the request behind it gets its own end.
fn a_request_that_panics_when_it_is_dropped_harms_no_other<S: Store<Handles>>() {
    for fate in [Fate::Accepts, Fate::Rejects, Fate::Fails, Fate::Panics, Fate::Hangs] {
        for (is_cancelled, ticket_is_dropped) in [(false, false), (true, false), (false, true)] {
            run(|runtime| async move {
                let prepared = S::prepare(SenderRunner::builder(Handles(fate)), runtime.timer());
                let (runner, task) = prepared.start_with_task(&runtime).await.unwrap();
                let mut explosive = runner.request(Explosive(true)).await.unwrap();
                let behind = runner.request(Explosive(false)).await.unwrap();
                if is_cancelled {
                    assert!(explosive.cancel());
                }
                let explosive = (!ticket_is_dropped).then_some(explosive);
                runtime.timer().sleep(ms(10)).await;
                if fate == Fate::Hangs && !is_cancelled {
                    runner.abort().await.into_iter().for_each(drop);
                    assert_eq!(behind.await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
                } else {
                    let end = behind.await;
                    assert_eq!(end.is_ok(), !matches!(fate, Fate::Rejects | Fate::Fails), "{end:?}");
                    runner.close().await;
                }
                if let Some(explosive) = explosive {
                    let accepted = fate == Fate::Accepts && !is_cancelled;
                    assert_eq!(explosive.await.is_ok(), accepted);
                }
                assert!(matches!(task.await, Some(Ok(Exit::Drained | Exit::Aborted))), "the worker panicked");
            });
        }
    }
}

/// A sender whose hanging send panics when it is dropped, and whose `close` panics when it is called.
#[derive(Clone, Default)]
struct Holds(Rc<Cell<u32>>);

impl MessageSender for Holds {
    type Request = bool;
    type Message = ();
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, hangs: &bool) -> Result<MessageResponse<Self>, ()> {
        if *hangs {
            let _held = Bomb;
            std::future::pending::<()>().await;
        }
        Ok(Ok(()))
    }

    fn close(&self) -> impl Future<Output = ()> {
        self.0.set(self.0.get() + 1);
        if self.0.get() > 0 {
            std::panic::resume_unwind(Box::new(Bomb));
        }
        async {}
    }
}

fn a_send_that_panics_when_it_is_dropped_ends_nothing_else<S: Store<Holds>>() {
    run(|runtime| async move {
        let sender = Holds::default();
        let builder = SenderRunner::builder(sender.clone()).strategy(Timeout::new(ms(10)).unwrap());
        let prepared = S::prepare(builder, runtime.timer());
        let (runner, task) = prepared.start_with_task(&runtime).await.unwrap();
        // A time-out drops the first hanging send, an abort the second.
        let late = runner.request(true).await.unwrap();
        assert!(runner.request(false).await.unwrap().await.is_ok());
        assert!(matches!(late.await, Err(SendError::NoAnswer(NoAnswer::Panicked(_)))));
        let in_flight = runner.request(true).await.unwrap();
        runtime.timer().sleep(ms(1)).await;
        let behind = runner.request(false).await.unwrap();
        assert!(runner.abort().await.into_iter().eq([false]));
        assert_eq!(in_flight.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(behind.await, Err(SendError::NoAnswer(NoAnswer::Aborted)));
        assert_eq!((task.await, sender.0.get()), (Some(Ok(Exit::Aborted)), 1));
    });
}

/// Echoes requests. A request and its echo may both panic when they are dropped.
#[derive(Clone)]
struct EchoesBombs;

#[derive(Clone)]
struct Fused(Option<Rc<Bomb>>);

impl MessageSender for EchoesBombs {
    type Request = Fused;
    type Message = Fused;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &Fused) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(Fused(request.0.as_ref().map(|_| Rc::new(Bomb)))))
    }
}

/// Two panics of one turn would abort the program if they met.
fn values_of_one_turn_that_all_panic_when_they_are_dropped_harm_no_other<S: Store<EchoesBombs>>() {
    for is_awaited in [false, true] {
        run(|runtime| async move {
            let prepared = S::prepare(SenderRunner::builder(EchoesBombs), runtime.timer());
            let (runner, worker) = prepared.run();
            let mut worker = Box::pin(worker);
            let mut bomb = Some(runner.request(Fused(Some(Rc::new(Bomb)))).await.unwrap());
            let behind = runner.request(Fused(None)).await.unwrap();
            if is_awaited {
                // Its task can't be woken either.
                assert!(poll_unwakeable(Pin::new(bomb.as_mut().unwrap())));
            } else {
                bomb = None;
            }
            assert!(poll!(&mut worker).is_pending());
            assert!(behind.await.is_ok());
            if let Some(bomb) = bomb {
                std::mem::forget(bomb.await.ok());
            }
            assert_eq!((runner.stats().sent, runner.stats().failed), (2, 0));
        });
    }
}

/// The message panics when it is cloned for the results, and again when it is dropped after that.
fn a_response_that_can_not_be_cloned_nor_dropped_harms_no_other<S: Store<Unclonable>>() {
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &Unclonable).await;
        let _results = runner.results();
        let bad = runner.request(true).await.unwrap();
        let behind = runner.request(false).await.unwrap();
        assert!(matches!(bad.await, Err(SendError::NoAnswer(NoAnswer::Panicked(_)))));
        assert!(behind.await.is_ok());
    });
}

#[derive(Clone)]
struct Unclonable;

#[derive(Debug)]
struct Bad(bool);

impl Clone for Bad {
    fn clone(&self) -> Self {
        if self.0 {
            std::panic::resume_unwind(Box::new(Bomb));
        }
        Self(false)
    }
}

impl Drop for Bad {
    fn drop(&mut self) {
        if self.0 {
            std::panic::resume_unwind(Box::new(Bomb));
        }
    }
}

impl MessageSender for Unclonable {
    type Request = bool;
    type Message = Bad;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, is_bad: &bool) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(Bad(*is_bad)))
    }
}

/// A response waits for room among unread results when the worker is dropped or aborted.
fn a_response_that_panics_when_it_is_given_up_leaves_nobody_waiting<S: Store<EchoesBombs>>() {
    for drops_the_worker in [false, true] {
        run(|runtime| async move {
            let keep = KeepResults::always().bounded(1, Overflow::Wait).unwrap();
            let builder = SenderRunner::builder(EchoesBombs).results(keep);
            let (runner, worker) = S::prepare(builder, runtime.timer()).run();
            let mut worker = Box::pin(worker);
            for _ in 0..3 {
                std::mem::forget(runner.request(Fused(None)).await.unwrap());
            }
            assert!(poll!(&mut worker).is_pending());
            let mut end = pin!(runner.task());
            assert!(poll!(&mut end).is_pending());
            if drops_the_worker {
                drop(worker);
                assert_eq!(end.await, Exit::Dropped);
            } else {
                let (_, exit) = futures::join!(runner.abort(), worker);
                assert_eq!((exit, end.await), (Ok(Exit::Aborted), Exit::Aborted));
            }
        });
    }
}

over_every_storage!(
    a_message_that_panics_when_it_is_dropped_harms_no_other,
    a_send_that_panics_when_it_is_dropped_ends_nothing_else,
    values_of_one_turn_that_all_panic_when_they_are_dropped_harm_no_other,
    a_response_that_can_not_be_cloned_nor_dropped_harms_no_other,
    a_response_that_panics_when_it_is_given_up_leaves_nobody_waiting,
    whom_nobody_can_wake_harms_nobody_else,
    whom_nobody_can_clone_harms_nobody_else,
    a_worker_that_can_not_be_woken_harms_no_caller,
    a_panic_whose_payload_panics_when_it_is_dropped_fails_its_ticket_only,
    a_request_that_panics_when_it_is_dropped_harms_no_other,
    a_request_that_panics_when_it_is_given_back_harms_no_other,
    a_cancelled_request_that_panics_when_its_turn_comes_ends_nothing,
    a_ticket_whose_task_panics_when_it_is_woken_takes_nothing_from_the_results,
    the_future_of_a_request_that_is_polled_again_panics_and_takes_no_step,
);

/// A message that panics when it is dropped if its number is 1. So does its clone.
#[derive(Clone)]
struct Undroppable(u32);

impl Drop for Undroppable {
    fn drop(&mut self) {
        if self.0 == 1 {
            std::panic::resume_unwind(Box::new("undroppable"));
        }
    }
}

#[derive(Clone)]
struct Wraps;

impl MessageSender for Wraps {
    type Request = u32;
    type Message = Undroppable;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(Undroppable(*request)))
    }
}

fn a_message_that_panics_when_it_is_dropped_harms_no_other<S: Store<Wraps>>() {
    run(|runtime| async move {
        let (runner, worker) = S::prepare(SenderRunner::builder(Wraps), runtime.timer()).run();
        let mut worker = pin!(worker);
        let results = runner.results();
        drop(runner.request(1).await.unwrap());
        let behind = runner.request(2).await.unwrap();
        assert!(poll!(&mut worker).is_pending());
        assert_eq!(behind.await.map(|message| message.0).ok(), Some(2));
        let close = pin!(runner.close());
        assert!(poll!(close).is_pending());
        assert_eq!(worker.await, Ok(Exit::Drained));
        let got: Vec<u32> = results
            .map(|answer| {
                let message = answer.response.expect("it was accepted");
                let number = message.0;
                std::mem::forget(message);
                number
            })
            .collect()
            .await;
        assert_eq!((got, runner.stats().sent, runner.stats().failed), (vec![1, 2], 2, 0));
    });
}
