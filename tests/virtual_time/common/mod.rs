//! Helpers that the tests of one runner in virtual time share.

#[macro_use]
pub(crate) mod store;

use std::time::Duration;

use telegram_sender::testing::{Accepted, Failed, Rejected, Reply, ScriptedSender, SendEnd, VirtualRuntime};

pub(crate) type Sender = ScriptedSender<&'static str>;
/// The end of a ticket.
pub(crate) type End = Result<Accepted<&'static str>, telegram_sender::SendError<Rejected, Failed>>;

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Creates a sender with a script: the n-th send gets the n-th reply, and the last reply repeats.
pub(crate) fn scripted(runtime: &VirtualRuntime, replies: impl IntoIterator<Item = Reply>) -> Sender {
    ScriptedSender::new(runtime.timer()).replies(replies)
}

/// Creates a sender that accepts each request after `duration`.
pub(crate) fn accepting(runtime: &VirtualRuntime, duration: Duration) -> Sender {
    scripted(runtime, [Reply::accept().after(duration)])
}

/// Creates a reply that rejects and asks for a wait.
pub(crate) fn flood(wait: Duration) -> Reply {
    Reply::reject(429).retry_after(wait)
}

/// Returns the rejection of the `send`-th send, without a wait.
pub(crate) fn rejected(send: usize) -> Rejected {
    Rejected { send, code: 400, retry_after: None }
}

/// Returns the message of the `send`-th send, which was for `request`.
pub(crate) fn accepted(send: usize, request: &'static str) -> Accepted<&'static str> {
    Accepted { send, request }
}

/// Returns all sends, as (milliseconds, request).
pub(crate) fn sent(sender: &Sender) -> Vec<(u64, &'static str)> {
    sender.sends().iter().map(|send| (send.started.as_nanos() / 1_000_000, send.request)).collect()
}

/// Collects the requests that an ended runner returns, from whatever type its storage returns them in.
pub(crate) fn all<T>(unsent: impl IntoIterator<Item = T>) -> Vec<T> {
    unsent.into_iter().collect()
}

/// Returns how many sends were dropped before their end.
pub(crate) fn dropped_sends(sender: &Sender) -> usize {
    let dropped = |end: Option<(_, SendEnd)>| end.is_some_and(|(_, end)| end == SendEnd::Dropped);
    sender.sends().iter().filter(|send| dropped(send.ended)).count()
}

/// Runs a test on a new runtime, and then all its tasks until they stall.
pub(crate) fn run<F: Future>(test: impl FnOnce(VirtualRuntime) -> F) -> F::Output {
    let runtime = VirtualRuntime::new();
    let output = runtime.block_on(test(runtime.clone()));
    runtime.run_until_stalled();
    output
}

/// Returns the milliseconds that have passed.
pub(crate) fn now(runtime: &VirtualRuntime) -> u64 {
    u64::try_from(runtime.timer().elapsed().as_millis()).unwrap()
}
