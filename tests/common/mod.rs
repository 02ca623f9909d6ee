//! A scripted sender on the virtual runtime, and a record of what it did when.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use telegram_sender::testing::{VirtualRuntime, VirtualTimer};
use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Timer};

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a send does, after a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Accept,
    /// With the wait that the service asks for, if any.
    Reject(Option<Duration>),
    Fail,
    Panic,
    Hang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected(pub Option<Duration>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable;

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unreachable")
    }
}

impl std::error::Error for Unreachable {}

/// Sends by a script: the n-th send does the n-th reply, the last one repeats.
#[derive(Clone)]
pub struct Scripted(Rc<Script>);

pub struct Script {
    timer: VirtualTimer,
    replies: Vec<(Duration, Reply)>,
    pub sent: RefCell<Vec<(u64, &'static str)>>,
    pub opened: Cell<u32>,
    pub closed: Cell<u32>,
    pub dropped_sends: Cell<u32>,
    pub refuse_to_open: Cell<bool>,
    pub close_takes: Cell<Duration>,
}

impl Scripted {
    pub fn new(runtime: &VirtualRuntime, replies: &[(Duration, Reply)]) -> Self {
        Self(Rc::new(Script {
            timer: runtime.timer(),
            replies: replies.to_vec(),
            sent: RefCell::default(),
            opened: Cell::default(),
            closed: Cell::default(),
            dropped_sends: Cell::default(),
            refuse_to_open: Cell::default(),
            close_takes: Cell::default(),
        }))
    }

    /// Accepts all, each after `duration`.
    pub fn accepting(runtime: &VirtualRuntime, duration: Duration) -> Self {
        Self::new(runtime, &[(duration, Reply::Accept)])
    }

    /// What was sent, as (milliseconds, request).
    pub fn sent(&self) -> Vec<(u64, &'static str)> {
        self.0.sent.borrow().clone()
    }
}

impl std::ops::Deref for Scripted {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.0
    }
}

/// Counts itself when it is dropped before its end.
struct InFlight<'a>(&'a Cell<u32>, bool);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.set(self.0.get() + 1);
        }
    }
}

impl MessageSender for Scripted {
    type Request = &'static str;
    type Message = (usize, &'static str);
    type Rejection = Rejected;
    type Error = Unreachable;

    async fn open(&self) -> Result<(), Unreachable> {
        self.opened.set(self.opened.get() + 1);
        if self.refuse_to_open.get() { Err(Unreachable) } else { Ok(()) }
    }

    async fn send_message(&self, request: &&'static str) -> Result<MessageResponse<Self>, Unreachable> {
        let now = u64::try_from(self.timer.elapsed().as_millis()).unwrap();
        let index = self.sent.borrow().len();
        self.sent.borrow_mut().push((now, request));
        let (after, reply) = self.replies[index.min(self.replies.len() - 1)];
        let mut in_flight = InFlight(&self.dropped_sends, false);
        if !after.is_zero() {
            self.timer.sleep(after).await;
        }
        if reply == Reply::Hang {
            std::future::pending::<()>().await;
        }
        in_flight.1 = true;
        match reply {
            Reply::Accept => Ok(Ok((index, request))),
            Reply::Reject(wait) => Ok(Err(Rejected(wait))),
            Reply::Fail => Err(Unreachable),
            Reply::Panic => panic!("the sender panics on {request}"),
            Reply::Hang => unreachable!(),
        }
    }

    fn retry_after(rejection: &Rejected) -> Option<Duration> {
        rejection.0
    }

    async fn close(&self) {
        self.closed.set(self.closed.get() + 1);
        if !self.close_takes.get().is_zero() {
            self.timer.sleep(self.close_takes.get()).await;
        }
    }
}

pub type ScriptedRunner = SenderRunner<Scripted, VirtualTimer>;

/// Starts a runner without strategies.
pub async fn start(runtime: &VirtualRuntime, sender: &Scripted) -> ScriptedRunner {
    SenderRunner::builder(sender.clone()).prepare(runtime.timer()).start(runtime).await.unwrap()
}

/// A runtime and a future on it.
pub fn run<F: Future>(test: impl FnOnce(VirtualRuntime) -> F) -> F::Output {
    let runtime = VirtualRuntime::new();
    let output = runtime.block_on(test(runtime.clone()));
    runtime.run_until_stalled();
    output
}

/// The milliseconds that have passed.
pub fn now(runtime: &VirtualRuntime) -> u64 {
    u64::try_from(runtime.timer().elapsed().as_millis()).unwrap()
}
