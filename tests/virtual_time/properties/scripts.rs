//! Scripts: their parts, how they are played, and the promises that must hold.

mod check;
mod generate;
mod play;

use std::time::Duration;

use telegram_sender::runner::Exit;
use telegram_sender::testing::{Accepted, Failed, Rejected, SendRecord};
use telegram_sender::{Answer, SendError};

pub(crate) use check::check;
pub(crate) use generate::script;
pub(crate) use play::{Sender, play};

/// Everything that is done to one runner.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// The seed of the interleaving of ready tasks.
    pub(crate) order: u64,
    pub(crate) strategies: Vec<Kind>,
    pub(crate) replies: Vec<Planned>,
    pub(crate) capacity: Option<usize>,
    pub(crate) results: ResultsKept,
    /// The steps of each producer, one request after another.
    pub(crate) producers: Vec<Vec<Step>>,
    pub(crate) consumers: Vec<Consumer>,
    /// The tasks that wait and are not polled again.
    pub(crate) idlers: Vec<Idler>,
    pub(crate) endings: Vec<(u64, Ending)>,
    /// True if no close comes at last: then the runner ends when the last handle is dropped.
    pub(crate) left_alone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    RateLimiter { rate: u32, period: u64 },
    Delay(u64),
    Retry { retries: u32, delay: u64, no_answer_too: bool },
    Jitter { retries: u32, base: u64 },
    Timeout(u64),
    RequeueInAll(u32),
    RequeueEach(u32),
    RequeueEndless,
}

/// Times are in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub(crate) after: u64,
    pub(crate) end: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    Accept,
    Reject,
    Flood(u64),
    Fail,
    Panic,
    Hang,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ResultsKept {
    WhileRead,
    Always,
    Never,
    BoundedWait(usize),
    DropOldest(usize),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) gap: u64,
    pub(crate) without_waiting: bool,
    pub(crate) ticket: Fate,
}

/// The fate of a ticket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    /// Awaited before the producer goes on.
    Awaited,
    /// Awaited at the end.
    Kept,
    Dropped,
    CancelledAfter(u64),
    CancelledByDropAfter(u64),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Consumer {
    pub(crate) from: u64,
    pub(crate) pause: u64,
    /// Leaves after this many responses.
    pub(crate) count: Option<usize>,
}

/// A task that is polled once, and then never again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Idler {
    pub(crate) at: u64,
    pub(crate) waits_for: WaitsFor,
    /// True if its waker panics.
    pub(crate) panics: bool,
    /// The time after which its future is dropped; `None` if it is forgotten.
    pub(crate) until: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum WaitsFor {
    Room,
    Reply,
    Response,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ending {
    Close,
    CloseButDropTheFuture,
    CloseWithTimeout(u64),
    Abort,
    DropTheWorker,
}

/// A request, by its producer and its number among those that the producer made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) producer: usize,
    pub(crate) number: usize,
}

pub(crate) type Ended = Result<Accepted<Request>, SendError<Rejected, Failed>>;

/// The end of a request's ticket; `None` if it was not awaited.
pub(crate) type TicketEnd = (Request, Option<TicketRead>);

/// The state of a ticket at its end.
#[derive(Debug)]
pub(crate) struct TicketRead {
    pub(crate) attempts: u32,
    pub(crate) may_have_arrived: bool,
    pub(crate) ended: Ended,
}

/// The outcome of a script.
pub(crate) struct Outcome {
    pub(crate) sends: Vec<SendRecord<Request>>,
    pub(crate) tickets: Vec<TicketEnd>,
    pub(crate) refused: Vec<Request>,
    pub(crate) answers: Vec<Answer<Accepted<Request>, Rejected>>,
    pub(crate) unsent: Vec<Request>,
    /// The number of requests of idlers that got into the queue.
    pub(crate) idle_requests: usize,
    pub(crate) exit: Exit,
    pub(crate) opened: usize,
    pub(crate) closed: usize,
    pub(crate) tasks_left: usize,
    pub(crate) sleepers_left: usize,
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
