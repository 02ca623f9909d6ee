//! From `start` to the worker's end: opening, serving in order, closing, dropping a handle.

use std::num::NonZeroU32;
use std::pin::pin;
use std::time::Duration;

use crate::common::store::{self, Store, start};
use crate::common::{Sender, accepted, accepting, all, flood, ms, now, rejected, run, scripted, sent};
use futures::poll;
use telegram_sender::runner::{Exit, Runner};
use telegram_sender::runtime::Timer;
use telegram_sender::testing::{Accepted, Failed, Reply, VirtualRuntime};
use telegram_sender::{NoAnswer, RequestError, SendError, SenderRunner};

/// The error of a scripted sender that fails to open.
const CAN_NOT_OPEN: Failed = Failed("the script lets opening fail");

fn start_opens_the_sender_then_spawns_and_the_worker_closes_it_once<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let runner = start::<S, _>(&runtime, &sender).await;
        assert_eq!((sender.opened(), sender.closed(), runtime.tasks()), (1, 0, 1));
        let ticket = runner.request("a").await.unwrap();
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(ticket.await, Ok(accepted(0, "a")));
        assert_eq!((sender.opened(), sender.closed(), runtime.tasks()), (1, 1, 0));
    });
}

fn a_failed_open_is_returned_from_start_and_no_task_is_left_behind<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10)).open_fails();
        let prepared = S::prepare(SenderRunner::builder(sender.clone()), runtime.timer());
        assert_eq!(prepared.start(&runtime).await.unwrap_err(), CAN_NOT_OPEN);
        assert_eq!((runtime.tasks(), sender.opened(), sender.closed()), (0, 1, 0));
    });
}

fn a_failed_open_ends_the_worker_future_and_stops_its_tickets<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10)).open_fails();
        let (runner, worker) = S::prepare(SenderRunner::builder(sender.clone()), runtime.timer()).run();
        let ticket = runner.request("a").await.unwrap();
        assert_eq!(worker.await, Err(CAN_NOT_OPEN));
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::Stopped)));
        assert_eq!(runner.close().await, Exit::Dropped);
        assert_eq!(all(runner.abort().await), ["a"]);
    });
}

fn the_worker_future_runs_without_a_spawner<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(10));
        let (runner, worker) = S::prepare(SenderRunner::builder(sender.clone()), runtime.timer()).run();
        let main = async {
            assert_eq!(runner.request("a").await.unwrap().await, Ok(accepted(0, "a")));
            runner.close().await
        };
        let (exit, closed) = futures::join!(worker, main);
        assert_eq!((exit, closed), (Ok(Exit::Drained), Exit::Drained));
    });
}

fn requests_are_sent_one_at_a_time_in_order<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        let mut tickets = Vec::new();
        for request in ["a", "b", "c"] {
            tickets.push(runner.request(request).await.unwrap());
        }
        assert!(tickets.iter().map(|ticket| ticket.id().get()).eq(0..3));
        // The tickets are awaited backwards: the order of awaiting changes nothing.
        for (ticket, expected) in
            tickets.into_iter().zip([accepted(0, "a"), accepted(1, "b"), accepted(2, "c")]).rev()
        {
            assert_eq!(ticket.await, Ok(expected));
        }
        assert_eq!(sent(&sender), [(0, "a"), (100, "b"), (200, "c")]);
    });
}

fn a_ticket_tells_rejected_from_no_answer<S: Store<Sender>>() {
    run(|runtime| async move {
        let replies = [Reply::accept(), Reply::reject(400), Reply::fail("unreachable")]
            .map(|reply| reply.after(ms(10)));
        let runner = start::<S, _>(&runtime, &scripted(&runtime, replies)).await;
        let mut ends = Vec::new();
        for request in ["a", "b", "c"] {
            ends.push(runner.request(request).await.unwrap().await);
        }
        assert_eq!(
            ends,
            [
                Ok(accepted(0, "a")),
                Err(SendError::Rejected(rejected(1))),
                Err(SendError::NoAnswer(NoAnswer::Failed(Failed("unreachable")))),
            ]
        );
    });
}

fn a_rejection_that_says_how_long_pauses_the_runner_after_the_ticket_and_the_result<S: Store<Sender>>() {
    run(|runtime| async move {
        let flood = flood(Duration::from_secs(3));
        let sender = scripted(&runtime, [flood.after(ms(100)), Reply::accept().after(ms(100))]);
        let runner = start::<S, _>(&runtime, &sender).await;
        let first = runner.request("a").await.unwrap();
        let second = runner.request("b").await.unwrap();
        assert!(first.await.is_err());
        assert_eq!(now(&runtime), 100);
        second.await.unwrap();
        assert_eq!(sent(&sender), [(0, "a"), (3100, "b")]);
    });
}

fn a_rejection_without_a_wait_pauses_nothing<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = scripted(
            &runtime,
            [
                Reply::reject(400).after(ms(100)),
                flood(Duration::ZERO).after(ms(100)),
                Reply::accept().after(ms(100)),
            ],
        );
        let runner = start::<S, _>(&runtime, &sender).await;
        for request in ["a", "b", "c"] {
            drop(runner.request(request).await.unwrap());
        }
        runner.close().await;
        assert_eq!(sent(&sender), [(0, "a"), (100, "b"), (200, "c")]);
    });
}

fn task_ends_with_the_workers_exit_and_needs_no_handle<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        let task = runner.task();
        let ticket = runner.request("a").await.unwrap();
        drop(runner);
        assert_eq!(task.await, Exit::Drained);
        assert_eq!(ticket.await, Ok(accepted(0, "a")));
    });
}

fn dropping_the_last_handle_drains_closes_the_sender_and_ends<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = accepting(&runtime, ms(100));
        let runner = start::<S, _>(&runtime, &sender).await;
        let clone = runner.clone();
        let tickets = [runner.request("a").await.unwrap(), runner.request("b").await.unwrap()];
        drop(runner);
        runtime.timer().sleep(ms(10)).await;
        assert!(!clone.is_closing());
        drop(clone);
        for ticket in tickets {
            ticket.await.unwrap();
        }
        runtime.timer().sleep(ms(1)).await;
        assert_eq!((sender.closed(), runtime.tasks()), (1, 0));
    });
}

fn a_worker_dropped_by_its_executor_stops_every_ticket_and_keeps_the_unsent<S: Store<Sender>>() {
    run(|runtime| async move {
        let sender = scripted(&runtime, [Reply::hang().after(ms(100))]);
        let prepared = S::prepare(SenderRunner::builder(sender.clone()), runtime.timer());
        let (runner, task) = prepared.start_with_task(&runtime).await.unwrap();
        let results = runner.results();
        let tickets = [runner.request("a").await.unwrap(), runner.request("b").await.unwrap()];
        runtime.timer().sleep(ms(500)).await;
        task.cancel();
        for (ticket, why) in tickets.into_iter().zip([NoAnswer::Interrupted, NoAnswer::Stopped]) {
            assert_eq!(why.may_have_arrived(), why == NoAnswer::Interrupted);
            assert_eq!(ticket.await, Err(SendError::NoAnswer(why)));
        }
        assert_eq!(runner.close().await, Exit::Dropped);
        assert_eq!(runner.request("c").await.unwrap_err(), RequestError::Closing("c"));
        assert_eq!(futures::StreamExt::count(results).await, 0);
        assert_eq!(all(runner.abort().await), ["b"]);
    });
}

fn a_worker_dropped_before_its_first_poll_stops_too<S: Store<Sender>>() {
    let runtime = VirtualRuntime::new();
    let sender = accepting(&runtime, ms(1));
    let (runner, worker) = S::prepare(SenderRunner::builder(sender), runtime.timer()).run();
    let ticket = runner.try_request("a").unwrap();
    drop(worker);
    let stopped = runtime.block_on(ticket);
    assert_eq!(stopped, Err(SendError::NoAnswer(NoAnswer::Stopped)));
}

fn a_panic_of_the_sender_fails_its_ticket_only<S: Store<Sender>>() {
    run(|runtime| async move {
        let replies = [Reply::panic("scripted"), Reply::accept()].map(|reply| reply.after(ms(10)));
        let runner = start::<S, _>(&runtime, &scripted(&runtime, replies)).await;
        let panicking = runner.request("a").await.unwrap();
        let after = runner.request("b").await.unwrap();
        let Err(SendError::NoAnswer(NoAnswer::Panicked(panic))) = panicking.await else {
            panic!("the panic was not reported")
        };
        assert_eq!(panic.message(), "scripted");
        assert_eq!(after.await, Ok(accepted(1, "b")));
    });
}

#[test]
fn a_sender_that_never_suspends_cannot_starve_the_executor() {
    let turns = |yield_every: u32| {
        run(|runtime| async move {
            let sender = accepting(&runtime, Duration::ZERO);
            let runner = SenderRunner::builder(sender.clone())
                .yield_every(NonZeroU32::new(yield_every).unwrap())
                .prepare(runtime.timer())
                .start(&runtime)
                .await
                .unwrap();
            for _ in 0..100 {
                drop(runner.request("a").await.unwrap());
            }
            let mut turns = 0;
            while sent(&sender).len() < 100 {
                yield_now().await;
                turns += 1;
            }
            turns
        })
    };
    assert!(turns(1) >= 100, "others run between any two requests");
    assert!((10..100).contains(&turns(10)), "or every ten, if asked for");
}

fn a_request_that_waited_has_let_others_run<S: Store<Sender>>() {
    run(|runtime| async move {
        let replies = [ms(0), ms(10), ms(0), ms(0), ms(0)].map(|duration| Reply::accept().after(duration));
        let sender = scripted(&runtime, replies);
        let builder = SenderRunner::builder(sender.clone()).yield_every(NonZeroU32::new(2).unwrap());
        let (runner, worker) = S::prepare(builder, runtime.timer()).run();
        let mut worker = pin!(worker);
        for _ in 0..5 {
            drop(runner.request("a").await.unwrap());
        }
        assert!(poll!(&mut worker).is_pending());
        assert_eq!(sent(&sender).len(), 2);
        runtime.timer().sleep(ms(10)).await;
        // The second send has ended, and two more followed in a row.
        assert!(poll!(&mut worker).is_pending());
        assert_eq!(sent(&sender).len(), 4);
    });
}

async fn yield_now() {
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

#[test]
fn code_can_be_generic_over_the_handle_and_tests_can_substitute_it() {
    /// Accepts each request at once.
    struct Instantly;

    impl Runner for Instantly {
        type Request = &'static str;
        type Message = Accepted<&'static str>;
        type Rejection = std::convert::Infallible;
        type Error = std::convert::Infallible;
        type Ticket = std::future::Ready<
            Result<Accepted<&'static str>, SendError<std::convert::Infallible, std::convert::Infallible>>,
        >;
        type Results =
            futures::stream::Empty<telegram_sender::Answer<Accepted<&'static str>, std::convert::Infallible>>;
        type Unsent = Vec<&'static str>;
        type Enqueue<'a> = std::future::Ready<Result<Self::Ticket, RequestError<&'static str>>>;
        type Close<'a> = std::future::Ready<Exit>;

        fn request(&self, request: &'static str) -> Self::Enqueue<'_> {
            std::future::ready(self.try_request(request))
        }
        fn try_request(&self, request: &'static str) -> Result<Self::Ticket, RequestError<&'static str>> {
            Ok(std::future::ready(Ok(Accepted { send: 0, request })))
        }
        async fn result(
            &self,
        ) -> Result<
            telegram_sender::Answer<Accepted<&'static str>, std::convert::Infallible>,
            telegram_sender::error::ResultError,
        > {
            Err(telegram_sender::error::ResultError::Stopped)
        }
        fn results(&self) -> Self::Results {
            futures::stream::empty()
        }
        fn close(&self) -> Self::Close<'_> {
            std::future::ready(Exit::Drained)
        }
        async fn close_with_timeout(&self, _: Duration) -> Vec<&'static str> {
            Vec::new()
        }
        async fn abort(&self) -> Vec<&'static str> {
            Vec::new()
        }
        async fn task(&self) -> Exit {
            Exit::Drained
        }
    }

    async fn greet<R>(runner: &R) -> R::Message
    where
        R: Runner<Request = &'static str>,
        R::Message: std::fmt::Debug,
    {
        let Ok(ticket) = runner.request("hello").await else { panic!("refused") };
        let Ok(message) = ticket.await else { panic!("not sent") };
        assert_eq!(runner.close().await, Exit::Drained);
        message
    }

    run(|runtime| async move {
        let runner = start::<store::OnHeap, _>(&runtime, &accepting(&runtime, ms(5))).await;
        assert_eq!(greet(&runner).await, greet(&Instantly).await);
    });
}

over_every_storage!(
    start_opens_the_sender_then_spawns_and_the_worker_closes_it_once,
    a_failed_open_is_returned_from_start_and_no_task_is_left_behind,
    a_failed_open_ends_the_worker_future_and_stops_its_tickets,
    the_worker_future_runs_without_a_spawner,
    requests_are_sent_one_at_a_time_in_order,
    a_ticket_tells_rejected_from_no_answer,
    a_rejection_that_says_how_long_pauses_the_runner_after_the_ticket_and_the_result,
    a_rejection_without_a_wait_pauses_nothing,
    task_ends_with_the_workers_exit_and_needs_no_handle,
    dropping_the_last_handle_drains_closes_the_sender_and_ends,
    a_worker_dropped_by_its_executor_stops_every_ticket_and_keeps_the_unsent,
    a_worker_dropped_before_its_first_poll_stops_too,
    a_panic_of_the_sender_fails_its_ticket_only,
    a_request_that_waited_has_let_others_run,
);

mod clones_of_a_storage {
    use super::*;

    fn are_for_no_other_runner<S: Store<Sender>>() {
        run(|runtime| async move {
            let sender = accepting(&runtime, ms(0));
            let prepare =
                |storage| SenderRunner::builder(sender.clone()).prepare_in(storage, runtime.timer());
            let storage = S::storage();
            let refused = prepare(storage.clone()).err().unwrap();
            assert_eq!(refused.argument(), "storage");
            let runner = prepare(storage).unwrap().start(&runtime).await.unwrap();
            assert_eq!(runner.request("a").await.unwrap().await, Ok(accepted(0, "a")));
        });
    }

    over_heap_storages!(are_for_no_other_runner);
}
