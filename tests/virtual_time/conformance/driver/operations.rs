//! The operations of a scenario's script, done on a runner.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::{Either, FutureExt, LocalBoxFuture, select};
use serde_json::{Value, json};
use telegram_sender::error::ResultError;
use telegram_sender::runtime::Timer;
use telegram_sender::storage::Storage;
use telegram_sender::{NoAnswer, SendError, SenderRunner, Ticket};

use super::sender::{Request, Rpc, Scripted, Sent};
use super::{Log, seconds};

type Worker = LocalBoxFuture<'static, ()>;

/// A runner under a script.
pub(crate) struct Stage<T, Q: Storage<Scripted>> {
    /// The only handle: it is dropped with the stage.
    runner: SenderRunner<Scripted, T, Q>,
    /// The worker, until the runner is entered.
    worker: Cell<Option<Worker>>,
    sender: Scripted,
    pub(super) log: Log,
    /// Makes the waiter of a reply cancel it.
    replies: RefCell<HashMap<String, oneshot::Sender<()>>>,
    waiters: RefCell<HashMap<String, oneshot::Sender<()>>>,
}

impl<T: Timer + 'static, Q: Storage<Scripted> + 'static> Stage<T, Q> {
    pub(super) fn new(
        runner: SenderRunner<Scripted, T, Q>,
        worker: Worker,
        sender: Scripted,
        log: Log,
    ) -> Self {
        let worker = Cell::new(Some(worker));
        Self { runner, worker, sender, log, replies: RefCell::default(), waiters: RefCell::default() }
    }

    /// Starts the worker, once.
    pub(super) fn enter(&self) {
        if let Some(worker) = self.worker.take() {
            self.log.world.spawn(worker);
        }
    }

    pub(super) fn runner(&self) -> &SenderRunner<Scripted, T, Q> {
        &self.runner
    }

    /// Performs the first step at once, and spawns the rest.
    pub(super) fn begin(self: &Rc<Self>, operation: Value) {
        let stage = self.clone();
        // The first step runs in the script's own task: it belongs to the start of this instant.
        let mut performing = Box::pin(async move { stage.perform(operation).await });
        let waker = futures::task::noop_waker();
        if performing.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending() {
            self.log.world.spawn(performing);
        }
    }

    pub(super) async fn perform(self: &Rc<Self>, operation: Value) {
        let text = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
        if operation.get("request").is_some() {
            self.request(text("request"));
        } else if operation.get("burst").is_some() {
            for index in 0..operation["count"].as_u64().unwrap() {
                self.request(format!("{}{index}", text("burst")));
            }
        } else if let Some(ids) = operation["producer"].as_array() {
            self.produce(ids, &operation).await;
        } else if operation.get("cancel").is_some() {
            if let Some(cancel) = self.replies.borrow_mut().remove(&text("cancel")) {
                let _ = cancel.send(());
            }
        } else if operation.get("result").is_some() {
            self.one_result(text("result")).await;
        } else if operation.get("cancel_waiter").is_some() {
            if let Some(cancel) = self.waiters.borrow_mut().remove(&text("cancel_waiter")) {
                let _ = cancel.send(());
            }
        } else if operation.get("results").is_some() {
            self.read_results(&text("results"), std::time::Duration::ZERO, operation["count"].as_u64());
        } else if operation.get("close").is_some() {
            self.close(&operation).await;
        } else if operation.get("exit").is_some() {
            self.runner.close().await;
            // The worker closed the sender: the scope has nothing left to close.
            assert_eq!(self.sender.closed.get(), 1, "closed exactly once");
            self.log.add("sender_closed", json!({}));
            self.log.add("exited", json!({}));
        } else if operation.get("enter").is_some() {
            self.enter();
            self.log.add("entered", json!({}));
        } else {
            panic!("unknown operation {operation}");
        }
    }

    async fn produce(self: &Rc<Self>, ids: &[Value], operation: &Value) {
        let gap = operation.get("gap").map(seconds).unwrap_or_default();
        for id in ids {
            let id = id.as_str().unwrap().to_owned();
            let Some(ticket) = self.enqueue(&id) else { return };
            resolved(&self.log, &id, ticket.await);
            if !gap.is_zero() {
                self.log.world.sleep(gap).await;
            }
        }
    }

    fn enqueue(&self, id: &str) -> Option<Ticket<Scripted, Q>> {
        let request = Request { id: id.to_owned(), log: self.log.clone() };
        match self.runner.try_request(request) {
            Ok(ticket) => Some(ticket),
            Err(refused) => {
                // A refusal has no event: nothing was taken, and the request is back.
                assert_eq!(refused.into_request().id, id);
                None
            }
        }
    }

    fn request(&self, id: String) {
        let Some(mut ticket) = self.enqueue(&id) else { return };
        let (cancel, cancelled) = oneshot::channel();
        self.replies.borrow_mut().insert(id.clone(), cancel);
        let log = self.log.clone();
        let wait = async move {
            let cancelled = pin!(async move {
                if cancelled.await.is_err() {
                    std::future::pending::<()>().await;
                }
            });
            let outcome = match select(&mut ticket, cancelled).await {
                Either::Left((outcome, _)) => outcome,
                Either::Right(_) => {
                    ticket.cancel();
                    ticket.await
                }
            };
            resolved(&log, &id, outcome);
        };
        self.log.world.spawn(wait.boxed_local());
    }

    async fn one_result(&self, tag: String) {
        let (cancel, cancelled) = oneshot::channel();
        self.waiters.borrow_mut().insert(tag.clone(), cancel);
        let by = json!({ "by": tag });
        match select(pin!(self.runner.result()), cancelled).await {
            Either::Left((Ok(answer), _)) => {
                self.log.add("result_yielded", answer_fields(answer.response, by));
            }
            Either::Left((Err(ResultError::TimedOut), _)) => self.log.add("result_timeout", by),
            Either::Left((Err(ResultError::Stopped), _)) => self.log.add("result_stopped", by),
            Either::Right(_) => self.log.add("result_cancelled", by),
        }
    }

    async fn close(&self, operation: &Value) {
        let Some(timeout) = operation.get("timeout").map(seconds) else {
            self.runner.close().await;
            self.log.add("closed", json!({}));
            return;
        };
        // Like the original's `wait_for(close(), timeout)`: stops waiting, and drops the close.
        match select(pin!(self.runner.close()), self.log.world.sleep(timeout)).await {
            Either::Left(_) => self.log.add("closed", json!({})),
            Either::Right(_) => self.log.add("close_timeout", json!({})),
        }
    }
}

/// Adds the fields of an answer to those in `fields`.
pub(crate) fn answer_fields(response: Result<Sent, Rpc>, mut fields: Value) -> Value {
    let sent = match response {
        Ok(sent) => {
            fields["ok"] = json!(true);
            sent
        }
        Err(Rpc { sent, error }) => {
            fields["rpc"] = error;
            sent
        }
    };
    fields["id"] = json!(sent.id);
    fields["n"] = json!(sent.n);
    fields
}

fn resolved(log: &Log, id: &str, outcome: Result<Sent, SendError<Rpc, String>>) {
    let fields = match outcome {
        Ok(sent) => json!({ "id": id, "ok": true, "n": sent.n }),
        Err(SendError::Rejected(rpc)) => json!({ "id": id, "rpc": rpc.error }),
        Err(SendError::NoAnswer(why)) => match why {
            NoAnswer::Cancelled | NoAnswer::CancelledInFlight => json!({ "id": id, "out": "cancelled" }),
            NoAnswer::TimedOut | NoAnswer::NotSentInTime => json!({ "id": id, "exc": "TimeoutError" }),
            NoAnswer::Failed(message) => json!({ "id": id, "exc": "RuntimeError", "message": message }),
            NoAnswer::Strategy(error) => json!({ "id": id, "exc": "ValueError", "message": error.reason() }),
            NoAnswer::Panicked(panic) => json!({ "id": id, "exc": "Panicked", "message": panic.message() }),
            other => json!({ "id": id, "exc": format!("{other:?}") }),
        },
    };
    log.add("reply_resolved", fields);
}
