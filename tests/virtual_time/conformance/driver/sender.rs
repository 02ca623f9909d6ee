//! The sender of a scenario: replies by send index or by request.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use telegram_sender::{MessageResponse, MessageSender};

use super::{Log, seconds};

/// A request. The requeue strategy clones it exactly when it re-queues it, so the clone records the event.
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) log: Log,
}

impl Clone for Request {
    fn clone(&self) -> Self {
        self.log.add("requeued", json!({ "id": self.id }));
        Self { id: self.id.clone(), log: self.log.clone() }
    }
}

/// A request and the number of its send: the fields of an event.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) n: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    pub(crate) sent: Sent,
    pub(crate) error: Value,
}

#[derive(Clone)]
pub(crate) struct Scripted(Rc<Script>);

pub(crate) struct Script {
    replies: Value,
    log: Log,
    sends: Cell<usize>,
    sends_of: RefCell<HashMap<String, usize>>,
    pub(crate) closed: Cell<u32>,
}

impl std::ops::Deref for Scripted {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.0
    }
}

impl Scripted {
    pub(crate) fn new(scenario: &Value, log: Log) -> Self {
        Self(Rc::new(Script {
            replies: scenario["sender"].clone(),
            log,
            sends: Cell::default(),
            sends_of: RefCell::default(),
            closed: Cell::default(),
        }))
    }

    fn reply(&self, id: &str, n: usize) -> Value {
        let mut sends_of = self.sends_of.borrow_mut();
        let of_this = sends_of.entry(id.to_owned()).or_default();
        *of_this += 1;
        let (replies, index) = match &self.replies {
            Value::Array(replies) => (replies, n),
            map => match map.get(id) {
                Some(replies) => (replies.as_array().unwrap(), *of_this - 1),
                None => (map["*"].as_array().unwrap(), *of_this - 1),
            },
        };
        replies[index.min(replies.len() - 1)].clone()
    }
}

/// Records how the send ended, even if it was dropped.
struct InFlight<'a> {
    log: &'a Log,
    sent: Sent,
    out: &'static str,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let Sent { id, n } = &self.sent;
        self.log.add("send_finished", json!({ "id": id, "n": n, "out": self.out }));
    }
}

impl MessageSender for Scripted {
    type Request = Request;
    type Message = Sent;
    type Rejection = Rpc;
    type Error = String;

    async fn send_message(&self, request: &Request) -> Result<MessageResponse<Self>, String> {
        let n = self.sends.replace(self.sends.get() + 1);
        let id = &request.id;
        self.log.add("send_started", json!({ "id": id, "n": n }));
        let reply = self.reply(id, n);
        let sent = Sent { id: id.clone(), n };
        let mut in_flight = InFlight { log: &self.log, sent: sent.clone(), out: "cancelled" };
        if reply.get("never").is_some() {
            std::future::pending::<()>().await;
        }
        let after = reply.get("after").map(seconds).unwrap_or_default();
        if after > Duration::ZERO {
            self.log.world.sleep(after).await;
        }
        if let Some(error) = reply.get("rpc_error") {
            in_flight.out = "rpc";
            return Ok(Err(Rpc { sent, error: error.clone() }));
        }
        if let Some(message) = reply.get("raise") {
            in_flight.out = "raise";
            return Err(message.as_str().unwrap_or_default().to_owned());
        }
        if let Some(message) = reply.get("raise_base") {
            in_flight.out = "raise_base";
            // A panic without the hook's message.
            std::panic::resume_unwind(Box::new(message.as_str().unwrap_or_default().to_owned()));
        }
        in_flight.out = "ok";
        Ok(Ok(sent))
    }

    /// Returns the wait of a flood wait. The numbers of other errors mean something else.
    fn retry_after(rejection: &Rpc) -> Option<Duration> {
        let floods = [json!(420), json!(429)].contains(&rejection.error["code"]);
        rejection.error.get("value").filter(|value| floods && value.is_number()).map(seconds)
    }

    async fn close(&self) {
        self.closed.set(self.closed.get() + 1);
    }
}
