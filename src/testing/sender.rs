//! A sender that follows a script and records each send with its time.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::pending;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::VirtualTimer;
use crate::runtime::{Instant, Timer};
use crate::sender::{Delivery, MessageResponse, MessageSender};

/// A [`MessageSender`] for tests: each send follows a script and is recorded.
///
/// The n-th send overall gets the n-th reply, and the last reply repeats. A request with replies of its own (see
/// [`replies_to`](Self::replies_to)) gets those instead. Clones share the script and the record, so keep one to
/// inspect.
///
/// ```
/// use std::time::Duration;
/// use telegram_sender::testing::{Reply, ScriptedSender, VirtualRuntime};
/// use telegram_sender::{Retry, SenderRunner};
///
/// let runtime = VirtualRuntime::new();
/// let sender = ScriptedSender::new(runtime.timer())
///     .replies([Reply::accept()])
///     .replies_to("b", [Reply::reject(429).retry_after(Duration::from_secs(3)), Reply::accept()]);
/// runtime.block_on(async {
///     let builder = SenderRunner::builder(sender.clone()).strategy(Retry::new(1, Duration::ZERO));
///     let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
///     runner.request("a").await.unwrap();
///     runner.request("b").await.unwrap();
///     runner.close().await;
/// });
/// let sent: Vec<_> = sender.sends().iter().map(|send| (send.request, send.started.as_nanos())).collect();
/// assert_eq!(sent, [("a", 0), ("b", 0), ("b", 3_000_000_000)]);
/// ```
pub struct ScriptedSender<Req, T = VirtualTimer> {
    script: Arc<Mutex<Script<Req>>>,
    timer: T,
}

struct Script<Req> {
    replies: Vec<Reply>,
    replies_to: Vec<(Req, Vec<Reply>, usize)>,
    sends: Vec<SendRecord<Req>>,
    open_fails: bool,
    close_takes: Duration,
    opened: usize,
    closed: usize,
}

/// The scripted outcome of one send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    after: Duration,
    end: Scripted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scripted {
    Accept,
    Reject(i32, Option<Duration>),
    Fail(&'static str),
    FailUnsent(&'static str),
    Panic(&'static str),
    Hang,
}

impl Reply {
    const fn new(end: Scripted) -> Self {
        Self { after: Duration::ZERO, end }
    }

    /// Creates a reply that accepts the message.
    pub const fn accept() -> Self {
        Self::new(Scripted::Accept)
    }

    /// Creates a reply that rejects the message with `code`.
    pub const fn reject(code: i32) -> Self {
        Self::new(Scripted::Reject(code, None))
    }

    /// Creates a reply that fails the send without an answer. The message may have arrived.
    pub const fn fail(reason: &'static str) -> Self {
        Self::new(Scripted::Fail(reason))
    }

    /// Creates a reply that fails the send before the message could arrive, as a refused connection does.
    pub const fn fail_unsent(reason: &'static str) -> Self {
        Self::new(Scripted::FailUnsent(reason))
    }

    /// Creates a reply that makes the sender panic.
    pub const fn panic(message: &'static str) -> Self {
        Self::new(Scripted::Panic(message))
    }

    /// Creates a reply that lets the send never end.
    pub const fn hang() -> Self {
        Self::new(Scripted::Hang)
    }

    /// Makes the send take `duration`. Without this it is ready at once.
    pub const fn after(mut self, duration: Duration) -> Self {
        self.after = duration;
        self
    }

    /// Makes a rejection ask for `wait`. Other replies stay as they are.
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        if let Scripted::Reject(code, _) = self.end {
            self.end = Scripted::Reject(code, Some(wait));
        }
        self
    }
}

/// The message that a [`ScriptedSender`] accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Accepted<Req> {
    /// The number of the send, counted over all requests from 0.
    pub send: usize,
    /// The request that was sent.
    pub request: Req,
}

/// The rejection that a [`ScriptedSender`] answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rejected {
    /// The number of the send, counted over all requests from 0.
    pub send: usize,
    /// The code from the script.
    pub code: i32,
    /// The wait that the service asks for.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rejected with code {}", self.code)
    }
}

/// The failure that a [`ScriptedSender`] ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Failed(pub &'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for Failed {}

/// One recorded send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendRecord<Req> {
    /// The request that was sent.
    pub request: Req,
    /// The instant at which the send began.
    pub started: Instant,
    /// The instant at which the send ended, and how. `None` while it is in flight.
    pub ended: Option<(Instant, SendEnd)>,
}

/// The end of a recorded send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendEnd {
    /// The service accepted the message.
    Accepted,
    /// The service answered with an error.
    Rejected,
    /// There was no answer.
    Failed,
    /// The sender panicked.
    Panicked,
    /// The send was dropped before its end: timed out, or aborted.
    Dropped,
}

impl<Req, T> ScriptedSender<Req, T> {
    /// Creates a sender that accepts everything at once. Its replies use the time of `timer`.
    pub fn new(timer: T) -> Self {
        let script = Script {
            replies: Vec::from([Reply::accept()]),
            replies_to: Vec::new(),
            sends: Vec::new(),
            open_fails: false,
            close_takes: Duration::ZERO,
            opened: 0,
            closed: 0,
        };
        Self { script: Arc::new(Mutex::new(script)), timer }
    }

    fn script(&self) -> MutexGuard<'_, Script<Req>> {
        // A panic leaves the script sound.
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the replies by the number of the send; the last one repeats.
    ///
    /// # Panics
    ///
    /// Panics if there are none.
    pub fn replies(self, replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Vec::from_iter(replies);
        assert!(!replies.is_empty(), "a script needs a reply");
        self.script().replies = replies;
        self
    }

    /// Sets the replies to one request, by the number of *its* sends; the last one repeats.
    ///
    /// # Panics
    ///
    /// Panics if there are none.
    pub fn replies_to(self, request: Req, replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Vec::from_iter(replies);
        assert!(!replies.is_empty(), "a script needs a reply");
        self.script().replies_to.push((request, replies, 0));
        self
    }

    /// Makes [`open`](MessageSender::open) fail.
    pub fn open_fails(self) -> Self {
        self.script().open_fails = true;
        self
    }

    /// Makes [`close`](MessageSender::close) take `duration`.
    pub fn close_takes(self, duration: Duration) -> Self {
        self.script().close_takes = duration;
        self
    }

    /// Returns how often the sender was opened.
    pub fn opened(&self) -> usize {
        self.script().opened
    }

    /// Returns how often the sender was closed.
    pub fn closed(&self) -> usize {
        self.script().closed
    }
}

impl<Req: Clone, T> ScriptedSender<Req, T> {
    /// Returns all sends so far, in the order in which they began.
    pub fn sends(&self) -> Vec<SendRecord<Req>> {
        self.script().sends.clone()
    }
}

impl<Req: Clone + PartialEq> Script<Req> {
    /// Records a send. Returns its number and its reply.
    fn begin(&mut self, request: &Req, now: Instant) -> (usize, Reply) {
        let number = self.sends.len();
        self.sends.push(SendRecord { request: request.clone(), started: now, ended: None });
        let own = self.replies_to.iter_mut().find(|(of, _, _)| of == request);
        let (replies, index) = match own {
            Some((_, replies, sent)) => {
                *sent += 1;
                (&*replies, *sent - 1)
            }
            None => (&self.replies, number),
        };
        (number, replies[index.min(replies.len() - 1)])
    }
}

/// A send in flight. Dropping it records how the send ended.
struct UnderWay<'a, Req, T: Timer> {
    sender: &'a ScriptedSender<Req, T>,
    number: usize,
    end: SendEnd,
}

impl<Req, T: Timer> Drop for UnderWay<'_, Req, T> {
    fn drop(&mut self) {
        let now = self.sender.timer.now();
        self.sender.script().sends[self.number].ended = Some((now, self.end));
    }
}

impl<Req: Clone + PartialEq, T: Timer> MessageSender for ScriptedSender<Req, T> {
    type Request = Req;
    type Message = Accepted<Req>;
    type Rejection = Rejected;
    type Error = Failed;

    async fn open(&self) -> Result<(), Failed> {
        let mut script = self.script();
        script.opened += 1;
        if script.open_fails { Err(Failed("the script lets opening fail")) } else { Ok(()) }
    }

    async fn send_message(&self, request: &Req) -> Result<MessageResponse<Self>, Failed> {
        self.deliver(request, &Delivery::new()).await
    }

    async fn deliver(&self, request: &Req, delivery: &Delivery) -> Result<MessageResponse<Self>, Failed> {
        let (number, reply) = self.script().begin(request, self.timer.now());
        let mut under_way = UnderWay { sender: self, number, end: SendEnd::Dropped };
        if !matches!(reply.end, Scripted::FailUnsent(_)) {
            delivery.begin();
        }
        if !reply.after.is_zero() {
            self.timer.sleep(reply.after).await;
        }
        let (end, response) = match reply.end {
            Scripted::Accept => {
                (SendEnd::Accepted, Ok(Ok(Accepted { send: number, request: request.clone() })))
            }
            Scripted::Reject(code, retry_after) => {
                (SendEnd::Rejected, Ok(Err(Rejected { send: number, code, retry_after })))
            }
            Scripted::Fail(reason) | Scripted::FailUnsent(reason) => (SendEnd::Failed, Err(Failed(reason))),
            Scripted::Panic(message) => {
                under_way.end = SendEnd::Panicked;
                // Skips the panic hook, so that a scripted panic prints nothing.
                std::panic::resume_unwind(alloc::boxed::Box::new(String::from(message)));
            }
            Scripted::Hang => pending().await,
        };
        under_way.end = end;
        response
    }

    fn retry_after(rejection: &Rejected) -> Option<Duration> {
        rejection.retry_after
    }

    async fn close(&self) {
        let close_takes = {
            let mut script = self.script();
            script.closed += 1;
            script.close_takes
        };
        if !close_takes.is_zero() {
            self.timer.sleep(close_takes).await;
        }
    }
}

impl<Req, T: Clone> Clone for ScriptedSender<Req, T> {
    fn clone(&self) -> Self {
        Self { script: Arc::clone(&self.script), timer: self.timer.clone() }
    }
}

impl<Req, T> fmt::Debug for ScriptedSender<Req, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedSender").field("sends", &self.script().sends.len()).finish_non_exhaustive()
    }
}
