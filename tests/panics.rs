//! Panics of what users gave, elsewhere than in a send: each harms nobody else.

#[macro_use]
mod common;

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake};

use common::run;
use common::store::{self, Store, start};
use futures::{FutureExt, StreamExt, poll};
use telegram_sender::testing::ScriptedSender;
use telegram_sender::{Exit, MessageResponse, MessageSender, NoAnswer, SendError, SenderRunner};

/// Panics when it is cloned, as it is for the results.
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

/// What is cloned for nobody panics for nobody.
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

/// A request that panics when it is dropped, if it is told to.
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

/// Stops a runner while a request is being sent, one is cancelled that panics, and one waits behind it.
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

/// Cancels a request that panics while the worker waits for a request, and sends one behind it.
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

/// Lets a ticket wait in a task that panics when it is woken, and another request wait behind it.
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

over_every_storage!(
    a_request_that_panics_when_it_is_given_back_harms_no_other,
    a_cancelled_request_that_panics_when_its_turn_comes_ends_nothing,
    a_ticket_whose_task_panics_when_it_is_woken_takes_nothing_from_the_results,
    the_future_of_a_request_that_is_polled_again_panics_and_takes_no_step,
);
