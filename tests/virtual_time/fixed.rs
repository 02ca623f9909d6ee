//! The fixed storage: its sizes, and the behaviour where one of them is reached. The behaviour of a runner over any
//! storage is in `conformance.rs` and `properties.rs`.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

use crate::common::{Sender, accepted, accepting, flood, ms, now, run, scripted, sent};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use futures::future::join_all;
use futures::stream::FusedStream;
use futures::{FutureExt, StreamExt, poll};
use telegram_sender::runner::{Builder, Exit, KeepResults, Overflow};
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::storage::FixedStorage;
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::testing::{Reply, VirtualRuntime, VirtualTimer};
use telegram_sender::{
    MessageResponse, MessageSender, NoAnswer, RequestError, Requeue, SendError, SendStrategy, SenderRunner,
};

type Storage<const QUEUE: usize, const TICKETS: usize, const RESULTS: usize, const WAITERS: usize> =
    FixedStorage<NoopRawMutex, Sender, QUEUE, TICKETS, RESULTS, WAITERS>;
type Runner<const QUEUE: usize, const TICKETS: usize, const RESULTS: usize, const WAITERS: usize> =
    SenderRunner<Sender, VirtualTimer, &'static Storage<QUEUE, TICKETS, RESULTS, WAITERS>>;

/// Returns a storage that lives as long as a `static`.
fn storage<const QUEUE: usize, const TICKETS: usize, const RESULTS: usize, const WAITERS: usize>()
-> &'static Storage<QUEUE, TICKETS, RESULTS, WAITERS> {
    Box::leak(Box::default())
}

async fn start<const QUEUE: usize, const TICKETS: usize, const RESULTS: usize>(
    runtime: &VirtualRuntime,
    sender: &Sender,
) -> Runner<QUEUE, TICKETS, RESULTS, 4> {
    start_with(runtime, Builder::new(sender.clone()).results(KeepResults::default())).await
}

async fn start_with<const QUEUE: usize, const TICKETS: usize, const RESULTS: usize, const WAITERS: usize>(
    runtime: &VirtualRuntime,
    builder: Builder<Sender>,
) -> Runner<QUEUE, TICKETS, RESULTS, WAITERS> {
    builder.prepare_in(storage(), runtime.timer()).unwrap().start(runtime).await.unwrap()
}

/// Spawns `future` and lets it begin.
async fn begin<F: Future<Output: 'static> + 'static>(
    runtime: &VirtualRuntime,
    future: F,
) -> <&VirtualRuntime as Spawner<F>>::Task
where
    for<'a> &'a VirtualRuntime: Spawner<F>,
{
    let task = Spawner::spawn(runtime, future);
    runtime.timer().sleep(ms(0)).await;
    task
}

#[test]
fn a_full_queue_makes_callers_wait_in_turn_and_gives_requests_back_to_those_who_do_not() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<2, 8, 0>(&runtime, &sender).await;
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.request("b").await.unwrap());
        drop(runner.request("c").await.unwrap());
        assert_eq!(runner.try_request("x").unwrap_err(), RequestError::Full("x"));
        assert_eq!((runner.queued(), now(&runtime)), (2, 1));
        let waiting = ["d", "e", "f"].map(|request| {
            let (runner, runtime) = (runner.clone(), runtime.clone());
            async move {
                let ticket = runner.request(request).await.unwrap();
                let enqueued = now(&runtime);
                ticket.await.unwrap();
                enqueued
            }
        });
        assert_eq!(join_all(waiting).await, [100, 200, 300]);
        let order: Vec<_> = sent(&sender).into_iter().map(|(_, request)| request).collect();
        assert_eq!(order, ["a", "b", "c", "d", "e", "f"]);
    });
}

#[test]
fn a_ticket_gives_its_slot_back_when_it_is_ready_or_cancelled_or_dropped() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<8, 2, 0>(&runtime, &sender).await;
        let mut first = runner.request("a").await.unwrap();
        let second = runner.request("b").await.unwrap();
        assert_eq!(runner.try_request("x").unwrap_err(), RequestError::Full("x"));
        drop(second);
        let mut third = runner.try_request("c").unwrap();
        assert_eq!(runner.try_request("x").unwrap_err(), RequestError::Full("x"));
        assert!(third.cancel());
        let fourth = runner.try_request("d").unwrap();
        assert_eq!(runner.try_request("x").unwrap_err(), RequestError::Full("x"));
        assert_eq!((&mut first).await, Ok(accepted(0, "a")));
        // The ticket is still there, but it is ready.
        let fifth = runner.try_request("e").unwrap();
        let sixth = runner.request("f");
        let (fourth, sixth) = (fourth, sixth).join_now().await;
        assert_eq!((fourth, now(&runtime)), (Ok(accepted(2, "d")), 300));
        assert_eq!(fifth.await, Ok(accepted(3, "e")));
        assert_eq!(sixth.unwrap().await, Ok(accepted(4, "f")));
        let order: Vec<_> = sent(&sender).into_iter().map(|(_, request)| request).collect();
        assert_eq!(order, ["a", "b", "d", "e", "f"]);
    });
}

/// Awaits both futures of a pair at once, like `futures::join!`.
trait JoinNow<A, B> {
    async fn join_now(self) -> (A, B);
}

impl<A: Future, B: Future> JoinNow<A::Output, B::Output> for (A, B) {
    async fn join_now(self) -> (A::Output, B::Output) {
        futures::join!(self.0, self.1)
    }
}

#[test]
fn a_slot_that_was_left_serves_another_ticket_although_its_request_is_not_settled() {
    run(|runtime| async move {
        let runner = start::<8, 1, 0>(&runtime, &accepting(&runtime, ms(100))).await;
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(50)).await;
        // The worker will settle "a" when its slot already belongs to the second ticket.
        let second = runner.try_request("b").unwrap();
        assert_eq!((second.await, now(&runtime)), (Ok(accepted(1, "b")), 200));
    });
}

#[test]
fn a_storage_serves_one_runner_and_only_as_much_as_it_holds() {
    let runtime = VirtualRuntime::new();
    let refused = |builder: Builder<Sender>, storage| {
        let error = builder.prepare_in::<_, &'static Storage<2, 2, 3, 4>>(storage, runtime.timer()).err();
        let error = error.unwrap();
        (error.argument(), error.to_string())
    };
    let builder = || Builder::new(accepting(&runtime, ms(1)));
    let used = storage();
    let first = builder().prepare_in(used, runtime.timer()).unwrap();
    let (argument, text) = refused(builder(), used);
    assert_eq!(argument, "storage");
    assert!(text.contains("serves another runner"), "{text}");
    drop(first);
    assert_eq!(refused(builder(), used).0, "storage");

    let (argument, text) = refused(builder().queue_capacity(3).unwrap(), storage());
    assert_eq!((argument, text.contains("at most")), ("capacity", true), "{text}");
    let keep = |capacity| KeepResults::always().bounded(capacity, Overflow::Wait).unwrap();
    let (argument, text) = refused(builder().results(keep(4)), storage());
    assert_eq!((argument, text.contains("of results")), ("capacity", true), "{text}");
    // A refused builder has not taken the storage.
    let fresh = storage::<2, 2, 3, 4>();
    assert_eq!(refused(builder().results(keep(4)), fresh).0, "capacity");
    let most = builder().queue_capacity(2).unwrap().results(keep(3));
    assert!(most.prepare_in(fresh, runtime.timer()).is_ok());

    let no_room = builder().prepare_in(storage::<0, 1, 0, 1>(), runtime.timer()).err().unwrap();
    let no_ticket = builder().prepare_in(storage::<1, 0, 0, 1>(), runtime.timer()).err().unwrap();
    assert_eq!((no_room.argument(), no_ticket.argument()), ("storage", "storage"));
}

#[test]
fn the_builders_bound_may_be_tighter_than_the_storage() {
    run(|runtime| async move {
        let builder = Builder::new(accepting(&runtime, ms(100))).queue_capacity(1).unwrap();
        let runner: Runner<4, 4, 0, 4> = start_with(&runtime, builder).await;
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.try_request("b").unwrap());
        assert_eq!(runner.try_request("c").unwrap_err(), RequestError::Full("c"));
    });
}

#[test]
fn rounds_take_no_room_within_the_builders_bound() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let builder =
            Builder::new(sender.clone()).queue_capacity(1).unwrap().strategy(Requeue::cycles_per_request(1));
        let runner: Runner<4, 4, 0, 4> =
            builder.prepare_in(storage(), runtime.timer()).unwrap().start(&runtime).await.unwrap();
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.request("b").await.unwrap());
        // "b" is in flight, "a" waits again.
        runtime.timer().sleep(ms(150)).await;
        assert_eq!(runner.queued(), 1);
        drop(runner.try_request("c").unwrap());
        assert_eq!(runner.try_request("d").unwrap_err(), RequestError::Full("d"));
        runtime.timer().sleep(ms(1_000)).await;
        let order: String = sent(&sender).into_iter().map(|(_, request)| request).collect();
        assert_eq!(order, "abacbc");
    });
}

#[test]
fn more_tasks_than_places_to_wait_are_all_served() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept()]);
        let builder = Builder::new(sender.clone()).results(KeepResults::always());
        let runner: Runner<1, 1, 4, 2> = start_with(&runtime, builder).await;
        let callers = (0..9).map(|_| async { runner.request("a").await.unwrap().await.unwrap().send });
        let consumers = (0..3).map(|_| {
            let results = runner.results();
            async { results.count().await }
        });
        let closers = (0..5).map(|_| runner.task());
        let work = async {
            let mut sends = join_all(callers).await;
            sends.sort_unstable();
            assert!(sends.into_iter().eq(0..9));
            runner.close().await
        };
        let ((exit, exits), counts) =
            ((work, join_all(closers)).join_now(), join_all(consumers)).join_now().await;
        assert_eq!((exit, exits), (Exit::Drained, vec![Exit::Drained; 5]));
        assert_eq!(counts.iter().sum::<usize>(), 9);
    });
}

/// Sends ten requests whose results no consumer reads, with room for three of them. Returns the runner and its
/// sender once no task can run any more.
async fn ten_unread(runtime: &VirtualRuntime, keep: KeepResults) -> (Runner<16, 16, 3, 4>, Sender) {
    let sender = scripted(runtime, [Reply::accept()]);
    let runner = start_with(runtime, Builder::new(sender.clone()).results(keep)).await;
    for _ in 0..10 {
        drop(runner.request("a").await.unwrap());
    }
    runtime.timer().sleep(ms(1)).await;
    (runner, sender)
}

async fn sends(runner: &Runner<16, 16, 3, 4>) -> Vec<usize> {
    runner.results().map(|answer| answer.response.unwrap().send).collect().await
}

#[test]
fn a_full_results_queue_holds_the_runner_and_a_closing_one_counts_what_it_drops() {
    run(|runtime| async move {
        let (runner, sender) = ten_unread(&runtime, KeepResults::always()).await;
        assert_eq!(sent(&sender).len(), 4);
        let mut results = runner.results();
        assert_eq!(results.next().await.unwrap().response.unwrap().send, 0);
        runtime.timer().sleep(ms(1)).await;
        assert_eq!((sent(&sender).len(), runner.stats().results_dropped), (5, 0));
        runner.close().await;
        assert_eq!((sent(&sender).len(), runner.stats().results_dropped), (10, 6));
        assert_eq!(sends(&runner).await, [1, 2, 3]);
        assert!(results.next().await.is_none());
    });
}

#[test]
fn a_results_queue_drops_the_oldest_or_the_newest_if_asked_to() {
    run(|runtime| async move {
        for (overflow, capacity, kept) in [
            (Overflow::DropOldest, 3, vec![7, 8, 9]),
            (Overflow::DropOldest, 1, vec![9]),
            (Overflow::DropNewest, 3, vec![0, 1, 2]),
            (Overflow::DropNewest, 2, vec![0, 1]),
        ] {
            let keep = KeepResults::always().bounded(capacity, overflow).unwrap();
            let (runner, sender) = ten_unread(&runtime, keep).await;
            assert_eq!((sent(&sender).len(), runner.stats().results_dropped), (10, 10 - capacity));
            runner.close().await;
            assert_eq!(sends(&runner).await, kept);
        }
    });
}

#[test]
fn what_nobody_reads_is_gone_with_the_last_consumer_unless_asked_for() {
    run(|runtime| async move {
        for (keep, kept) in
            [(KeepResults::while_read(), 0), (KeepResults::always(), 2), (KeepResults::never(), 0)]
        {
            let sender = scripted(&runtime, [Reply::accept()]);
            let runner: Runner<16, 16, 3, 4> =
                start_with(&runtime, Builder::new(sender.clone()).results(keep)).await;
            let consumers = (runner.results(), runner.results());
            for _ in 0..2 {
                runner.request("a").await.unwrap().await.unwrap();
            }
            drop(consumers);
            let mut late = runner.results();
            assert_eq!(poll!(late.next()).is_ready(), kept > 0);
            runner.close().await;
            assert_eq!(late.count().await, kept.max(1) - 1);
        }
    });
}

#[test]
fn a_runner_that_waits_for_a_consumer_goes_on_when_the_last_one_leaves() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept()]);
        let runner = start::<16, 16, 3>(&runtime, &sender).await;
        let results = runner.results();
        for _ in 0..10 {
            drop(runner.request("a").await.unwrap());
        }
        runtime.timer().sleep(ms(1)).await;
        assert_eq!(sent(&sender).len(), 4);
        drop(results);
        runtime.timer().sleep(ms(1)).await;
        assert_eq!((sent(&sender).len(), runner.stats().results_dropped), (10, 0));
    });
}

#[test]
fn an_abort_gives_the_unsent_back_and_what_is_left_stays_for_the_next_call() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::hang()]);
        let runner = start::<4, 8, 0>(&runtime, &sender).await;
        let hanging = runner.request("a").await.unwrap();
        runtime.timer().sleep(ms(1)).await;
        let mut tickets = Vec::new();
        for request in ["b", "c", "d", "e"] {
            tickets.push(runner.request(request).await.unwrap());
        }
        assert!(tickets[1].cancel());
        let waiting = begin(&runtime, {
            let runner = runner.clone();
            async move { runner.request("f").await.unwrap_err() }
        })
        .await;
        assert_eq!(runner.abort().await.next(), Some("b"));
        assert_eq!(waiting.await, Some(RequestError::Closing("f")));
        assert_eq!(hanging.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        for (ticket, end) in tickets.into_iter().zip([
            NoAnswer::Aborted,
            NoAnswer::Cancelled,
            NoAnswer::Aborted,
            NoAnswer::Aborted,
        ]) {
            assert_eq!(ticket.await, Err(SendError::NoAnswer(end)));
        }
        let stats = runner.stats();
        assert_eq!((stats.unsent, stats.cancelled, stats.failed, stats.queued), (3, 1, 1, 0));
        assert!(runner.abort().await.eq(["d", "e"]));
        assert_eq!(runner.close_with_timeout(ms(1)).await.next(), None);
    });
}

#[test]
fn a_request_in_hand_finds_its_way_back_into_a_full_queue() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner: Runner<2, 8, 0, 4> = {
            let builder = Builder::new(sender.clone()).strategy(Requeue::cycles(3));
            builder.prepare_in(storage(), runtime.timer()).unwrap().start(&runtime).await.unwrap()
        };
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.request("b").await.unwrap());
        drop(runner.request("c").await.unwrap());
        // "a" is re-queued while the queue is full; no new request gets in before "a" has its place.
        runtime.timer().sleep(ms(50)).await;
        let late = runner.request("d").map(|ticket| drop(ticket.unwrap()));
        let ((), ()) = (late, runtime.timer().sleep(ms(2_000))).join_now().await;
        let order: String = sent(&sender).into_iter().map(|(_, request)| request).collect();
        assert_eq!((order.as_str(), runner.stats().requeued), ("abcabcd", 3));
    });
}

/// Re-queues each first round twice after its send, and records the requests that found no room.
struct Twice(Rc<RefCell<Vec<&'static str>>>);

impl SendStrategy<Sender> for Twice {
    async fn execute(
        &mut self,
        cx: &mut impl Context<Sender>,
        request: &&'static str,
        mut inner: impl Pipeline<Sender>,
    ) -> Outcome<Sender> {
        let outcome = inner.send(cx, request).await;
        for _ in 0..2 {
            if cx.cycle() == 0
                && let Err(no_room) = cx.requeue(request)
            {
                self.0.borrow_mut().push(no_room.0);
            }
        }
        outcome
    }
}

#[test]
fn a_round_for_which_there_is_no_room_comes_back() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let came_back = Rc::new(RefCell::new(Vec::new()));
        let runner: Runner<1, 8, 0, 4> = {
            let builder = Builder::new(sender.clone()).strategy(Twice(came_back.clone()));
            builder.prepare_in(storage(), runtime.timer()).unwrap().start(&runtime).await.unwrap()
        };
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        drop(runner.request("b").await.unwrap());
        runtime.timer().sleep(ms(2_000)).await;
        // Behind "b", only the place of the request in flight was free. When "b" was sent, that round was in the
        // queue.
        assert_eq!(*came_back.borrow(), ["a", "b"]);
        let order: String = sent(&sender).into_iter().map(|(_, request)| request).collect();
        let stats = runner.stats();
        assert_eq!((order.as_str(), stats.requeued, stats.requeues_dropped), ("abab", 2, 2));
    });
}

#[test]
fn a_runner_aborted_with_a_full_queue_gives_back_all_of_it_and_the_request_in_hand() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept()]);
        // It holds "b" back, unsent, while two more requests wait.
        let limiter = telegram_sender::RateLimiter::<[_; 1]>::with_array(ms(1000)).unwrap();
        let prepared = Builder::new(sender.clone()).strategy(limiter);
        let prepared = prepared.prepare_in(storage::<2, 8, 0, 4>(), runtime.timer()).unwrap();
        let runner = prepared.start(&runtime).await.unwrap();
        for (request, waited) in [("a", 1), ("b", 1), ("c", 0), ("d", 0)] {
            drop(runner.request(request).await.unwrap());
            runtime.timer().sleep(ms(waited)).await;
        }
        assert!(runner.try_request("e").unwrap_err().is_full());
        assert!(runner.abort().await.eq(["b", "c", "d"]));
        assert_eq!(sent(&sender), [(0, "a")]);
        assert_eq!(runner.stats().unsent, 3);
    });
}

#[test]
fn a_runner_aborted_in_a_pause_gives_back_a_full_queue() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [flood(ms(1000))]);
        let builder = Builder::new(sender.clone());
        let runner: Runner<2, 8, 0, 4> = start_with(&runtime, builder).await;
        drop(runner.request("a").await.unwrap());
        runtime.timer().sleep(ms(1)).await;
        for request in ["b", "c"] {
            drop(runner.request(request).await.unwrap());
        }
        assert!(runner.try_request("d").unwrap_err().is_full());
        assert!(runner.abort().await.eq(["b", "c"]));
        assert_eq!(sent(&sender), [(0, "a")]);
    });
}

#[test]
fn a_cancelled_request_in_hand_that_is_not_sent_does_not_come_back() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::accept()]);
        let limiter = || telegram_sender::RateLimiter::<[_; 1]>::with_array(ms(1000)).unwrap();
        for cancelled in [false, true] {
            let builder = Builder::new(sender.clone()).strategy(limiter());
            let prepared = builder.prepare_in(storage::<4, 4, 0, 4>(), runtime.timer()).unwrap();
            let runner = prepared.start(&runtime).await.unwrap();
            runner.request("a").await.unwrap().await.unwrap();
            let mut in_hand = runner.request("b").await.unwrap();
            drop(runner.request("c").await.unwrap());
            runtime.timer().sleep(ms(1)).await;
            if cancelled {
                in_hand.cancel();
            }
            let unsent: Vec<_> = runner.abort().await.collect();
            assert_eq!(unsent, if cancelled { vec!["c"] } else { vec!["b", "c"] });
            let stats = runner.stats();
            assert_eq!((stats.unsent, stats.cancelled), if cancelled { (1, 1) } else { (2, 0) });
        }
    });
}

#[test]
fn a_worker_that_is_dropped_leaves_nobody_waiting() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::hang()]);
        let prepared = Builder::new(sender).prepare_in(storage::<1, 2, 2, 4>(), runtime.timer()).unwrap();
        let (runner, task) = prepared.start_with_task(&runtime).await.unwrap();
        let sending = runner.request("a").await.unwrap();
        runtime.timer().sleep(ms(1)).await;
        let queued = runner.request("b").await.unwrap();
        let results = runner.results();
        let request = runner.request("c");
        let closing = runner.close();
        let cancel = async { task.cancel() };
        let (sending, queued, refused, count, exit, ()) =
            futures::join!(sending, queued, request, results.count(), closing, cancel);
        assert_eq!(sending, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(queued, Err(SendError::NoAnswer(NoAnswer::Stopped)));
        assert_eq!((refused.unwrap_err(), count, exit), (RequestError::Closing("c"), 0, Exit::Dropped));
        assert!(runner.abort().await.eq(["b"]));
    });
}

#[test]
fn the_last_handle_closes_and_what_is_in_the_storage_is_dropped_with_it() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let counted = Rc::new(());
        let storage: Box<FixedStorage<NoopRawMutex, Rc<Counting>, 4, 4, 4, 1>> = Box::default();
        {
            let counting = Rc::new(Counting(sender.clone()));
            let builder = Builder::new(counting).results(KeepResults::always());
            let (runner, worker) = builder.prepare_in(&*storage, runtime.timer()).unwrap().run();
            let clone = runner.clone();
            drop(runner);
            let producer = async {
                for _ in 0..3 {
                    drop(clone.request(counted.clone()).await.unwrap());
                }
                drop(clone);
            };
            assert_eq!((worker, producer).join_now().await.0, Ok(Exit::Drained));
        }
        // The unread responses in the storage hold the requests.
        assert_eq!((sent(&sender).len(), Rc::strong_count(&counted)), (3, 4));
        drop(storage);
        assert_eq!(Rc::strong_count(&counted), 1);
    });
}

/// Returns each request as its message.
struct Counting(Sender);

impl telegram_sender::MessageSender for Counting {
    type Request = Rc<()>;
    type Message = Rc<()>;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &Rc<()>) -> Result<Result<Rc<()>, ()>, ()> {
        self.0.send_message(&"a").await.map_err(drop)?.map_err(drop).map(|_| Ok(request.clone()))
    }
}

/// Never finishes closing.
struct Lingering;

impl MessageSender for Lingering {
    type Request = u32;
    type Message = u32;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(*request))
    }

    async fn close(&self) {
        std::future::pending::<()>().await;
    }
}

#[test]
fn results_end_before_the_sender_has_closed() {
    run(|runtime| async move {
        let storage: &FixedStorage<NoopRawMutex, Lingering, 2, 2, 2, 2> = Box::leak(Box::default());
        let prepared = Builder::new(Lingering).prepare_in(storage, runtime.timer()).unwrap();
        let runner = prepared.start(&runtime).await.unwrap();
        let mut results = runner.results();
        assert_eq!(runner.request(5).await.unwrap().await, Ok(5));
        assert_eq!(results.next().await.unwrap().response, Ok(5));
        assert!(!results.is_terminated());
        assert_eq!(runner.request(6).await.unwrap().await, Ok(6));
        assert!(poll!(pin!(runner.close())).is_pending());
        runtime.timer().sleep(ms(1)).await;
        assert!(!results.is_terminated());
        assert_eq!(results.next().await.unwrap().response, Ok(6));
        assert!(results.is_terminated() && results.next().await.is_none());
        assert!(poll!(pin!(runner.close())).is_pending());
    });
}

/// Uses as many places as there can be, and one more for a round.
#[test]
fn a_storage_of_65_535_places_holds_as_many_rounds() {
    use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
    use telegram_sender::strategy::{Context, Outcome, Pipeline};
    use telegram_sender::{MessageResponse, MessageSender, SendStrategy};

    struct Accepts;

    impl MessageSender for Accepts {
        type Request = u16;
        type Message = ();
        type Rejection = ();
        type Error = ();

        async fn send_message(&self, _: &u16) -> Result<MessageResponse<Self>, ()> {
            Ok(Ok(()))
        }
    }

    /// Re-queues as many rounds as there is room for, on the first request.
    struct FillsUp;

    impl SendStrategy<Accepts> for FillsUp {
        async fn execute(
            &mut self,
            cx: &mut impl Context<Accepts>,
            request: &u16,
            mut inner: impl Pipeline<Accepts>,
        ) -> Outcome<Accepts> {
            if cx.cycle() == 0 {
                while cx.requeue(1).is_ok() {}
            }
            inner.send(cx, request).await
        }
    }

    static STORAGE: FixedStorage<CriticalSectionRawMutex, Accepts, 65_535, 2, 0, 2> = FixedStorage::new();
    run(|runtime| async move {
        let builder = Builder::new(Accepts).strategy(FillsUp);
        let (runner, worker) = builder.prepare_in(&STORAGE, runtime.timer()).unwrap().run();
        let worker = runtime.spawn(worker);
        runner.request(0).await.unwrap().await.unwrap();
        assert_eq!(runner.stats().requeued, 65_536);
        runner.close().await;
        assert_eq!((runner.stats().sent, worker.await), (65_537, Some(Ok(Exit::Drained))));
    });
}

/// Panics when it is dropped, if its flag is set.
#[derive(Clone)]
struct Round(bool);

impl Drop for Round {
    fn drop(&mut self) {
        if self.0 {
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
}

struct HangsOnRounds;

impl telegram_sender::MessageSender for HangsOnRounds {
    type Request = Round;
    type Message = ();
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, _: &Round) -> Result<telegram_sender::MessageResponse<Self>, ()> {
        std::future::pending().await
    }
}

/// Re-queues two rounds into a queue for one, and never sends its own request.
struct TwoRounds;

impl telegram_sender::SendStrategy<HangsOnRounds> for TwoRounds {
    async fn execute(
        &mut self,
        cx: &mut impl telegram_sender::strategy::Context<HangsOnRounds>,
        _: &Round,
        _: impl telegram_sender::strategy::Pipeline<HangsOnRounds>,
    ) -> telegram_sender::strategy::Outcome<HangsOnRounds> {
        for _ in 0..2 {
            assert!(cx.requeue(Round(true)).is_ok());
        }
        std::future::pending().await
    }
}

#[test]
fn a_round_that_panics_when_an_unsent_request_pushes_it_out_leaves_nobody_waiting() {
    run(|runtime| async move {
        let storage: Box<FixedStorage<NoopRawMutex, HangsOnRounds, 1, 1, 0, 4>> = Box::default();
        let builder = Builder::new(HangsOnRounds).strategy(TwoRounds);
        let (runner, worker) = builder.prepare_in(&*storage, runtime.timer()).unwrap().run();
        let mut worker = Box::pin(worker);
        let ticket = runner.request(Round(false)).await.unwrap();
        assert!(futures::poll!(&mut worker).is_pending());
        drop(worker);
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::Stopped)));
        assert_eq!(runner.task().await, Exit::Dropped);
        assert_eq!(runner.abort().await.count(), 1);
    });
}
