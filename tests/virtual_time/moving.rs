//! A worker, a ticket and a consumer that move to another task are woken in that task.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake};

use crate::common::store::Store;
use futures::StreamExt;
use telegram_sender::runner::{KeepResults, Overflow};
use telegram_sender::testing::VirtualRuntime;
use telegram_sender::{MessageResponse, MessageSender, SenderRunner};

/// A task that counts how often it was woken.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Two tasks between which futures move.
#[derive(Default)]
struct Tasks([Arc<Task>; 2]);

impl Tasks {
    /// Polls a pending future in one task and then in the other, twice, and last in `last`.
    fn wait_last_in<F: Future<Output: std::fmt::Debug>>(&self, last: usize, mut future: Pin<&mut F>) {
        for turn in [1 - last, last, 1 - last, last] {
            let waker = self.0[turn].clone().into();
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending(), "{polled:?}");
        }
        for task in &self.0 {
            task.0.store(0, Ordering::SeqCst);
        }
    }

    /// Returns true if the task `last` was woken since a future began to wait there. The other may be woken
    /// needlessly.
    fn has_woken(&self, last: usize) -> bool {
        self.0[last].0.load(Ordering::SeqCst) > 0
    }
}

/// Accepts even numbers. The send of any other number never ends.
struct Even;

impl MessageSender for Even {
    type Request = u32;
    type Message = u32;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
        if request % 2 == 1 {
            std::future::pending::<()>().await;
        }
        Ok(Ok(*request))
    }
}

fn each_is_woken_where_it_is<S: Store<Even>>() {
    for last in [0, 1] {
        let tasks = Tasks::default();
        let timer = VirtualRuntime::new().timer();
        let one = KeepResults::always().bounded(1, Overflow::Wait).unwrap();
        let builder = SenderRunner::builder(Even).results(one);
        let (runner, worker) = S::prepare(builder, timer).run();
        let mut worker = pin!(worker);
        let mut cx = Context::from_waker(std::task::Waker::noop());

        // A request wakes an idle worker, a reply wakes its ticket, a response wakes a consumer.
        tasks.wait_last_in(last, worker.as_mut());
        let mut ticket = runner.try_request(0).unwrap();
        assert!(tasks.has_woken(last));
        tasks.wait_last_in(last, Pin::new(&mut ticket));
        assert!(worker.as_mut().poll(&mut cx).is_pending() && tasks.has_woken(last));
        assert!(Pin::new(&mut ticket).poll(&mut cx).is_ready());
        let mut results = runner.results();
        assert!(results.poll_next_unpin(&mut cx).is_ready());
        tasks.wait_last_in(last, pin!(results.next()));
        drop(runner.try_request(2).unwrap());
        assert!(worker.as_mut().poll(&mut cx).is_pending() && tasks.has_woken(last));

        // A consumer wakes a worker that waits for room in the results.
        drop(runner.try_request(4).unwrap());
        tasks.wait_last_in(last, worker.as_mut());
        assert!(results.poll_next_unpin(&mut cx).is_ready() && tasks.has_woken(last));

        // An abort wakes a worker in the middle of a send, and the worker's end wakes a task that waits for it.
        drop(runner.try_request(1).unwrap());
        tasks.wait_last_in(last, worker.as_mut());
        let mut abort = pin!(runner.abort());
        assert!(abort.as_mut().poll(&mut cx).is_pending() && tasks.has_woken(last));
        let mut closed = pin!(runner.close());
        tasks.wait_last_in(last, closed.as_mut());
        assert!(worker.as_mut().poll(&mut cx).is_ready() && tasks.has_woken(last));
        assert!(abort.as_mut().poll(&mut cx).is_ready() && closed.as_mut().poll(&mut cx).is_ready());
    }
}

over_every_storage!(each_is_woken_where_it_is);
