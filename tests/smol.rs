//! The smol backend: each of its executors, and its timer.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use telegram_sender::{
    CompositeStrategy, Delay, Exit, Jitter, MessageResponse, MessageSender, RateLimiter, Requeue, Retry,
    SenderRunner, Smol, Spawner, Timeout, Timer,
};

struct Echo;

impl MessageSender for Echo {
    type Request = u32;
    type Message = u32;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
        smol::future::yield_now().await;
        Ok(Ok(*request))
    }
}

/// Can't leave its thread.
struct Local(Rc<Cell<u32>>);

impl MessageSender for Local {
    type Request = Rc<u32>;
    type Message = Rc<u32>;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &Rc<u32>) -> Result<MessageResponse<Self>, ()> {
        smol::future::yield_now().await;
        self.0.set(self.0.get() + **request);
        Ok(Ok(request.clone()))
    }
}

/// Every built-in strategy, one of them twice: this needs no higher recursion limit.
macro_rules! all_strategies {
    () => {
        CompositeStrategy::new()
            .with(Timeout::new(Duration::from_secs(1)).unwrap())
            .with(RateLimiter::new(1000, Duration::from_secs(1)).unwrap())
            .with(RateLimiter::new(1000, Duration::from_secs(1)).unwrap())
            .with(Retry::new(2, Duration::from_secs(1)))
            .with(Jitter::new(2, Duration::from_secs(1), 0.5).unwrap())
            .with(Requeue::cycles(0))
            .with(Some(Delay::new(Duration::ZERO)))
    };
}

#[test]
fn on_the_global_executor() {
    smol::block_on(async {
        let runner =
            SenderRunner::builder(Echo).strategy(all_strategies!()).prepare(Smol).start(Smol).await.unwrap();
        let results = runner.results();
        // A handle moves to other threads wherever its sender can.
        let clone = runner.clone();
        let other =
            std::thread::spawn(move || smol::block_on(async { clone.request(1).await.unwrap().await }));
        assert_eq!(runner.request(2).await.unwrap().await, Ok(2));
        assert_eq!(other.join().unwrap(), Ok(1));
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(results.count().await, 2);
    });
}

#[test]
fn on_an_executor_of_ones_own() {
    let executor = smol::Executor::new();
    smol::block_on(executor.run(async {
        let runner = SenderRunner::builder(Echo).prepare(Smol).start(&executor).await.unwrap();
        assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
        assert_eq!(runner.close().await, Exit::Drained);
    }));
}

#[test]
fn on_a_local_executor_with_a_sender_that_is_not_send() {
    let executor = smol::LocalExecutor::new();
    let total = Rc::new(Cell::new(0));
    smol::block_on(executor.run(async {
        let builder = SenderRunner::builder(Local(total.clone())).strategy(all_strategies!());
        let runner = builder.prepare(Smol).start(&executor).await.unwrap();
        let tickets = [runner.request(Rc::new(3)).await.unwrap(), runner.request(Rc::new(4)).await.unwrap()];
        for (ticket, expected) in tickets.into_iter().zip([3, 4]) {
            assert_eq!(*ticket.await.unwrap(), expected);
        }
        assert_eq!(runner.close().await, Exit::Drained);
    }));
    assert_eq!(total.get(), 7);
}

#[test]
fn the_spawners_own_task_ends_with_the_exit_and_cancels_when_dropped() {
    smol::block_on(async {
        let prepared = SenderRunner::builder(Echo).prepare(Smol);
        let (runner, task) = prepared.start_with_task(Smol).await.unwrap();
        runner.close().await;
        assert_eq!(task.await, Ok(Exit::Drained));

        let prepared = SenderRunner::builder(Echo).prepare(Smol);
        let (runner, task) = prepared.start_with_task(Smol).await.unwrap();
        drop(task);
        assert_eq!(runner.task().await, Exit::Dropped);
    });
}

#[test]
fn the_timer_never_wakes_early() {
    let before = Smol.now();
    let nap = Duration::from_millis(1);
    smol::block_on(Smol.spawn(Smol.sleep(nap)));
    assert!(Smol.now().saturating_duration_since(before) >= nap);
}
