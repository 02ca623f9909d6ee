//! What a script is, how it is played, and what must hold.

mod check;
mod generate;
mod play;

use std::time::Duration;

use telegram_sender::testing::{Accepted, Failed, Rejected, SendRecord};
use telegram_sender::{Answer, Exit, SendError};

pub use check::check;
pub use generate::script;
pub use play::{Sender, play};

/// All that is done to one runner.
#[derive(Debug, Clone)]
pub struct Script {
    /// Draws the interleaving of ready tasks.
    pub order: u64,
    pub strategies: Vec<Kind>,
    pub replies: Vec<Planned>,
    pub capacity: Option<usize>,
    pub results: ResultsKept,
    /// What each producer does, one request after another.
    pub producers: Vec<Vec<Step>>,
    pub consumers: Vec<Consumer>,
    /// Those who wait and do not move.
    pub idlers: Vec<Idler>,
    pub endings: Vec<(u64, Ending)>,
    /// Whether nobody closes it at last: then it ends when the last handle is dropped.
    pub left_alone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
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
pub struct Planned {
    pub after: u64,
    pub end: End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    Accept,
    Reject,
    Flood(u64),
    Fail,
    Panic,
    Hang,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ResultsKept {
    WhileRead,
    Always,
    Never,
    BoundedWait(usize),
    DropOldest(usize),
}

#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub gap: u64,
    pub without_waiting: bool,
    pub ticket: Fate,
}

/// What becomes of a ticket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// Awaited before the producer goes on.
    Awaited,
    /// Awaited at the end.
    Kept,
    Dropped,
    CancelledAfter(u64),
    CancelledByDropAfter(u64),
}

#[derive(Debug, Clone, Copy)]
pub struct Consumer {
    pub from: u64,
    pub pause: u64,
    /// Leaves after so many responses.
    pub count: Option<usize>,
}

/// Somebody who is polled once, and then never again.
#[derive(Debug, Clone, Copy)]
pub struct Idler {
    pub at: u64,
    pub waits_for: WaitsFor,
    /// Whether its waker panics.
    pub panics: bool,
    /// When its future is dropped; `None` if it is forgotten.
    pub until: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WaitsFor {
    Room,
    Reply,
    Response,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    Close,
    CloseButDropTheFuture,
    CloseWithTimeout(u64),
    Abort,
    DropTheWorker,
}

/// A request, by its producer and its number among those that the producer made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Request {
    pub producer: usize,
    pub number: usize,
}

pub type Ended = Result<Accepted<Request>, SendError<Rejected, Failed>>;

/// How a request's ticket ended; `None` if nobody awaited it.
pub type TicketEnd = (Request, Option<TicketRead>);

/// What a ticket told at its end.
#[derive(Debug)]
pub struct TicketRead {
    pub attempts: u32,
    pub may_have_arrived: bool,
    pub ended: Ended,
}

/// What came of a script.
pub struct Outcome {
    pub sends: Vec<SendRecord<Request>>,
    pub tickets: Vec<TicketEnd>,
    pub refused: Vec<Request>,
    pub answers: Vec<Answer<Accepted<Request>, Rejected>>,
    pub unsent: Vec<Request>,
    /// How many requests of idlers got into the queue.
    pub idle_requests: usize,
    pub exit: Exit,
    pub opened: usize,
    pub closed: usize,
    pub tasks_left: usize,
    pub sleepers_left: usize,
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
