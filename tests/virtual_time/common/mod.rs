//! What the tests of one runner in virtual time share.

#[macro_use]
pub(crate) mod store;

use std::time::Duration;

use telegram_sender::testing::{Accepted, Failed, Rejected, Reply, ScriptedSender, SendEnd, VirtualRuntime};

pub(crate) type Sender = ScriptedSender<&'static str>;
/// How a ticket ends.
pub(crate) type End = Result<Accepted<&'static str>, telegram_sender::SendError<Rejected, Failed>>;

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Sends by a script: the n-th send does the n-th reply, the last one repeats.
pub(crate) fn scripted(runtime: &VirtualRuntime, replies: impl IntoIterator<Item = Reply>) -> Sender {
    ScriptedSender::new(runtime.timer()).replies(replies)
}

/// Accepts all, each after `duration`.
pub(crate) fn accepting(runtime: &VirtualRuntime, duration: Duration) -> Sender {
    scripted(runtime, [Reply::accept().after(duration)])
}

/// Rejects, and asks for a wait.
pub(crate) fn flood(wait: Duration) -> Reply {
    Reply::reject(429).retry_after(wait)
}

/// The rejection without a wait that the `send`-th send got.
pub(crate) fn rejected(send: usize) -> Rejected {
    Rejected { send, code: 400, retry_after: None }
}

/// The message that the `send`-th send got for `request`.
pub(crate) fn accepted(send: usize, request: &'static str) -> Accepted<&'static str> {
    Accepted { send, request }
}

/// What was sent, as (milliseconds, request).
pub(crate) fn sent(sender: &Sender) -> Vec<(u64, &'static str)> {
    sender.sends().iter().map(|send| (send.started.as_nanos() / 1_000_000, send.request)).collect()
}

/// What a runner gives back when it ends, in whatever its storage gives it.
pub(crate) fn all<T>(unsent: impl IntoIterator<Item = T>) -> Vec<T> {
    unsent.into_iter().collect()
}

/// How many sends were dropped before their end.
pub(crate) fn dropped_sends(sender: &Sender) -> usize {
    let dropped = |end: Option<(_, SendEnd)>| end.is_some_and(|(_, end)| end == SendEnd::Dropped);
    sender.sends().iter().filter(|send| dropped(send.ended)).count()
}

/// A runtime and a future on it.
pub(crate) fn run<F: Future>(test: impl FnOnce(VirtualRuntime) -> F) -> F::Output {
    let runtime = VirtualRuntime::new();
    let output = runtime.block_on(test(runtime.clone()));
    runtime.run_until_stalled();
    output
}

/// The milliseconds that have passed.
pub(crate) fn now(runtime: &VirtualRuntime) -> u64 {
    u64::try_from(runtime.timer().elapsed().as_millis()).unwrap()
}
