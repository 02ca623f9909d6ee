//! Senders and requests that can't leave their thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::StreamExt;
use futures::channel::oneshot;
use telegram_sender::runner::Exit;
use telegram_sender::{MessageResponse, MessageSender, NoAnswer, SendError, SenderRunner};

use super::{Env, run};
use crate::strategies::all_strategies;

/// Adds up its requests. For a zero, it sends a signal and hangs.
#[derive(Default)]
struct Local {
    total: Cell<u32>,
    hangs: RefCell<Option<oneshot::Sender<()>>>,
}

impl MessageSender for Local {
    type Request = Rc<u32>;
    type Message = Rc<u32>;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &Rc<u32>) -> Result<MessageResponse<Self>, ()> {
        if **request == 0 {
            let hangs = self.hangs.take();
            hangs.map(|hangs| hangs.send(()));
            std::future::pending::<()>().await;
        }
        self.total.set(self.total.get() + **request);
        Ok(Ok(request.clone()))
    }
}

#[test]
fn a_sender_that_is_not_send_serves_tickets_and_results() {
    run(async |env: Env| {
        let sender = Rc::new(Local::default());
        let builder = SenderRunner::builder(sender.clone()).strategy(all_strategies!());
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        let results = runner.results();
        let tickets = [runner.request(Rc::new(3)).await.unwrap(), runner.request(Rc::new(4)).await.unwrap()];
        for (ticket, expected) in tickets.into_iter().zip([3, 4]) {
            assert_eq!(*ticket.await.unwrap(), expected);
        }
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!((results.count().await, sender.total.get()), (2, 7));
    });
}

#[test]
fn abort_gives_back_requests_that_are_not_send() {
    run(async |env: Env| {
        let (hangs, hanging) = oneshot::channel();
        let sender = Local { hangs: RefCell::new(Some(hangs)), ..Local::default() };
        let runner = SenderRunner::builder(sender).prepare(env.timer()).start(env.spawner()).await.unwrap();
        let in_flight = runner.request(Rc::new(0)).await.unwrap();
        let queued = Rc::new(1);
        drop(runner.request(queued.clone()).await.unwrap());
        hanging.await.unwrap();
        let unsent: Vec<_> = runner.abort().await.into_iter().collect();
        assert!(Rc::ptr_eq(&unsent[0], &queued) && unsent.len() == 1);
        assert_eq!(in_flight.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
    });
}

#[test]
fn a_worker_that_ends_lets_go_of_its_sender() {
    run(async |env: Env| {
        let sender = Rc::new(Local::default());
        let prepared = SenderRunner::builder(sender.clone()).prepare(env.timer());
        let runner = prepared.start(env.spawner()).await.unwrap();
        let task = runner.task();
        drop(runner);
        assert_eq!(task.await, Exit::Drained);
        assert_eq!(Rc::strong_count(&sender), 1);
    });
}
