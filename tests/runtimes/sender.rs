//! The sender of the suite. Each request says how its send goes, and the sender reports each send as it begins. So
//! events drive the tests, and no test waits for time to pass.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use telegram_sender::{MessageResponse, MessageSender};

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: u32,
    does: Does,
}

#[derive(Debug, Clone)]
enum Does {
    Accept,
    Reject(Option<Duration>),
    Fail,
    Panic,
    Hang,
    Wait(Receiver<()>),
}

/// Holds a send until the gate is dropped.
pub(crate) type Gate = Sender<()>;

pub(crate) fn accept(id: u32) -> Request {
    Request { id, does: Does::Accept }
}

pub(crate) fn reject(id: u32) -> Request {
    Request { id, does: Does::Reject(None) }
}

/// Creates a request that is rejected and asks for a wait.
pub(crate) fn flood(id: u32, wait: Duration) -> Request {
    Request { id, does: Does::Reject(Some(wait)) }
}

pub(crate) fn fail(id: u32) -> Request {
    Request { id, does: Does::Fail }
}

pub(crate) fn panic(id: u32) -> Request {
    Request { id, does: Does::Panic }
}

pub(crate) fn hang(id: u32) -> Request {
    Request { id, does: Does::Hang }
}

/// Creates a request that is accepted once its gate is dropped.
pub(crate) fn gated(id: u32) -> (Request, Gate) {
    let (gate, opened) = async_channel::bounded(1);
    (Request { id, does: Does::Wait(opened) }, gate)
}

pub(crate) fn ids(requests: impl IntoIterator<Item = Request>) -> Vec<u32> {
    requests.into_iter().map(|request| request.id).collect()
}

/// Reports each send as it begins.
pub(crate) struct Sends(Receiver<u32>);

impl Sends {
    /// Waits for the next send.
    pub(crate) async fn next(&self) -> u32 {
        self.0.recv().await.expect("the sender is gone")
    }

    /// Takes the sends that have begun and were not taken yet.
    pub(crate) fn rest(&self) -> Vec<u32> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

#[derive(Debug)]
pub(crate) struct Scripted {
    begun: Sender<u32>,
    open_fails: bool,
    opened: AtomicUsize,
    closed: AtomicUsize,
}

impl Scripted {
    pub(crate) fn new() -> (Arc<Self>, Sends) {
        Self::with(false)
    }

    pub(crate) fn that_fails_to_open() -> Arc<Self> {
        Self::with(true).0
    }

    fn with(open_fails: bool) -> (Arc<Self>, Sends) {
        let (begun, sends) = async_channel::unbounded();
        let sender = Self { begun, open_fails, opened: AtomicUsize::new(0), closed: AtomicUsize::new(0) };
        (Arc::new(sender), Sends(sends))
    }

    /// Returns how often it was opened and how often it was closed.
    pub(crate) fn uses(&self) -> (usize, usize) {
        (self.opened.load(SeqCst), self.closed.load(SeqCst))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) id: u32,
    pub(crate) wait: Option<Duration>,
}

/// The request of this id got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) u32);

impl MessageSender for Scripted {
    type Request = Request;
    type Message = u32;
    type Rejection = Rejected;
    type Error = Failed;

    async fn open(&self) -> Result<(), Failed> {
        self.opened.fetch_add(1, SeqCst);
        if self.open_fails { Err(Failed(0)) } else { Ok(()) }
    }

    async fn send_message(&self, request: &Request) -> Result<MessageResponse<Self>, Failed> {
        let id = request.id;
        // Fails if the test has dropped its `Sends`.
        let _ = self.begun.try_send(id);
        match &request.does {
            Does::Accept => {}
            Does::Reject(wait) => return Ok(Err(Rejected { id, wait: *wait })),
            Does::Fail => return Err(Failed(id)),
            // Skips the panic hook and its message.
            Does::Panic => std::panic::resume_unwind(Box::new("scripted")),
            Does::Hang => pending().await,
            Does::Wait(opened) => drop(opened.recv().await),
        }
        Ok(Ok(id))
    }

    fn retry_after(rejection: &Rejected) -> Option<Duration> {
        rejection.wait
    }

    async fn close(&self) {
        self.closed.fetch_add(1, SeqCst);
    }
}
