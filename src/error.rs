//! The errors of the crate, one type per question. Start with [`SendError`], the end of a ticket without a message.
//!
//! - [`NoAnswer`] says why the service did not answer. It may hold a [`StrategyError`] or a [`Panic`].
//! - [`RequestError`] returns a refused request, [`RequeueError`] a refused round of one. [`CallError`] is for calls
//!   that both enqueue and await.
//! - [`ResultError`] says why there is no result, [`InvalidArgument`] which argument was bad.

use core::error::Error;
use core::fmt;

/// The reason why a ticket has no message: a rejection, or no answer.
///
/// ```
/// use telegram_sender::{NoAnswer, SendError};
///
/// fn may_send_again(error: &SendError<String, std::io::Error>) -> bool {
///     match error {
///         SendError::Rejected(_) => true,             // the service answered: it did not take the message
///         SendError::NoAnswer(why) => !why.may_have_arrived(),
///     }
/// }
/// # assert!(may_send_again(&SendError::NoAnswer(NoAnswer::Aborted)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SendError<R, E> {
    /// The service answered with a rejection. This response went to the results, too.
    Rejected(R),
    /// There is no answer, and nothing went to the results. After [`NoAnswer::CancelledInFlight`] an answer may still
    /// come.
    NoAnswer(NoAnswer<E>),
}

impl<R, E> From<NoAnswer<E>> for SendError<R, E> {
    fn from(why: NoAnswer<E>) -> Self {
        Self::NoAnswer(why)
    }
}

impl<R: fmt::Display, E: fmt::Display> fmt::Display for SendError<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => write!(f, "rejected by the service: {rejection}"),
            Self::NoAnswer(why) => write!(f, "no answer: {why}"),
        }
    }
}

impl<R: fmt::Debug + fmt::Display, E: Error + 'static> Error for SendError<R, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Rejected(_) => None,
            Self::NoAnswer(why) => why.source(),
        }
    }
}

/// The reason why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NoAnswer<E> {
    /// The sender failed with this error.
    Failed(E),
    /// A [`Timeout`](crate::Timeout) expired during the send: the request may have arrived.
    TimedOut,
    /// A [`Timeout`](crate::Timeout) expired before the request could reach the service: while it waited for a
    /// limiter, for a re-send, or for a connection.
    NotSentInTime,
    /// A strategy refused the request or failed. A [`Retry`](crate::Retry) around it does not send it again.
    Strategy(StrategyError),
    /// The sender or a strategy panicked; the runner goes on.
    Panicked(Panic),
    /// The ticket was cancelled before the request's turn. The request is never sent.
    Cancelled,
    /// The ticket was cancelled when the request's turn had begun, or was about to. The request may still be sent,
    /// and its response then goes to the results.
    CancelledInFlight,
    /// The runner was aborted before the request could reach the service. The request is among those that
    /// [`abort`](crate::SenderRunner::abort) or [`close_with_timeout`](crate::SenderRunner::close_with_timeout)
    /// returned.
    Aborted,
    /// The send was cut short, because the runner was aborted or its worker dropped: the request may have arrived.
    Interrupted,
    /// The worker was dropped, by its executor or its owner, before the request could reach the service. The request
    /// is among those that [`abort`](crate::SenderRunner::abort) returns.
    Stopped,
}

impl<E> NoAnswer<E> {
    /// Returns true if the service may have received the request. Sending it again may then send it twice.
    ///
    /// Returns true for a [`Failed`](Self::Failed) send, because only the sender can read its error.
    /// [`Ticket::may_have_arrived`](crate::Ticket::may_have_arrived) also asks the sender.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Failed(_) | Self::TimedOut | Self::CancelledInFlight | Self::Interrupted => true,
            Self::Strategy(StrategyError(text)) | Self::Panicked(Panic(text)) => text.0.may_have_arrived,
            Self::NotSentInTime | Self::Cancelled | Self::Aborted | Self::Stopped => false,
        }
    }

    /// Adds what the worker knows at the end of the request's turn.
    #[cfg(any(feature = "alloc", feature = "embassy"))]
    pub(crate) fn with_arrival(mut self, may_have_arrived: bool) -> Self {
        match &mut self {
            Self::Strategy(StrategyError(text)) | Self::Panicked(Panic(text)) => {
                text.0.may_have_arrived = may_have_arrived;
            }
            Self::NotSentInTime if may_have_arrived => self = Self::TimedOut,
            Self::Cancelled | Self::Aborted | Self::Stopped if may_have_arrived => self = Self::Interrupted,
            _ => {}
        }
        self
    }
}

impl<E: fmt::Display> fmt::Display for NoAnswer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "{error}"),
            Self::TimedOut => f.write_str("timed out; the request may have arrived all the same"),
            Self::NotSentInTime => f.write_str("timed out before the request was sent"),
            Self::Strategy(error) => write!(f, "{error}"),
            Self::Panicked(panic) => write!(f, "{panic}"),
            Self::Cancelled => f.write_str("cancelled before its turn; it was not sent"),
            Self::CancelledInFlight => {
                f.write_str("cancelled during its turn; the request may have arrived all the same")
            }
            Self::Aborted => f.write_str("the runner was aborted first; it was not sent"),
            Self::Interrupted => f.write_str(
                "the runner was aborted or dropped during the send; the request may have arrived all the same",
            ),
            Self::Stopped => f.write_str("the runner's worker was dropped first; it was not sent"),
        }
    }
}

impl<E: Error + 'static> Error for NoAnswer<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

/// The failure of a strategy, with a reason for the reader of the ticket.
///
/// ```
/// use telegram_sender::error::StrategyError;
///
/// assert_eq!(StrategyError::new("quiet hours").to_string(), "a strategy failed: quiet hours");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyError(Text);

impl StrategyError {
    /// Creates a failure with a fixed reason.
    pub fn new(reason: &'static str) -> Self {
        Self(Text::fixed(reason))
    }

    /// Returns the reason.
    pub fn reason(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(feature = "alloc")]
impl From<alloc::string::String> for StrategyError {
    fn from(reason: alloc::string::String) -> Self {
        Self(Text::composed(reason))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for StrategyError {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "StrategyError({=str})", self.reason());
    }
}

impl fmt::Display for StrategyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a strategy failed: {}", self.reason())
    }
}

impl Error for StrategyError {}

/// A caught panic of a sender or a strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic(Text);

impl Panic {
    /// Returns the panic's message, or `no message` if it had none.
    pub fn message(&self) -> &str {
        self.0.as_str()
    }

    #[cfg(feature = "std")]
    pub(crate) fn from_payload(payload: std::boxed::Box<dyn core::any::Any + Send>) -> Self {
        use std::string::String;
        Self(match payload.downcast::<String>() {
            Ok(message) => Text::composed(*message),
            Err(payload) => {
                let message = payload.downcast_ref::<&'static str>().copied().unwrap_or("no message");
                discard(payload);
                Text::fixed(message)
            }
        })
    }
}

/// Drops the payload of a panic. If the drop panics, the new payload is leaked.
#[cfg(feature = "std")]
fn discard(payload: std::boxed::Box<dyn core::any::Any + Send>) {
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload)));
    if let Err(again) = dropped {
        core::mem::forget(again);
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Panic {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Panic({=str})", self.message());
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sender or a strategy panicked: {}", self.message())
    }
}

/// A text, and whether the request that it is about may have arrived. Without an allocator the text is fixed. With
/// one it may be composed, and it is boxed, so that this rare part does not make each result larger.
#[derive(Clone)]
struct Text(#[cfg(not(feature = "alloc"))] Body, #[cfg(feature = "alloc")] alloc::boxed::Box<Body>);

#[derive(Clone)]
struct Body {
    #[cfg(not(feature = "alloc"))]
    text: &'static str,
    #[cfg(feature = "alloc")]
    text: alloc::borrow::Cow<'static, str>,
    /// True if the request may have arrived. The worker sets it.
    may_have_arrived: bool,
}

impl Text {
    fn fixed(text: &'static str) -> Self {
        #[cfg(feature = "alloc")]
        return Self::of(text.into());
        #[cfg(not(feature = "alloc"))]
        Self(Body { text, may_have_arrived: true })
    }

    #[cfg(feature = "alloc")]
    fn composed(text: alloc::string::String) -> Self {
        Self::of(text.into())
    }

    #[cfg(feature = "alloc")]
    fn of(text: alloc::borrow::Cow<'static, str>) -> Self {
        Self(alloc::boxed::Box::new(Body { text, may_have_arrived: true }))
    }

    fn as_str(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Compares the texts.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

/// Returns a refused request to its caller, with the reason.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RequestError<Req> {
    /// The queue is full. Wait for room with [`request`](crate::SenderRunner::request), or try again later. Only
    /// [`try_request`](crate::SenderRunner::try_request) fails so.
    Full(Req),
    /// The runner is closing or has stopped, and takes no more requests.
    Closing(Req),
}

impl<Req> RequestError<Req> {
    /// Returns the refused request.
    pub fn into_request(self) -> Req {
        match self {
            Self::Full(request) | Self::Closing(request) => request,
        }
    }

    /// Returns true if the queue was full. It may have room later.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

// The request may hold secrets, which must not be logged, and need not be `Debug`.
impl<Req> fmt::Debug for RequestError<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { "Full(..)" } else { "Closing(..)" })
    }
}

#[cfg(feature = "defmt")]
impl<Req> defmt::Format for RequestError<Req> {
    // The lint sees the macros' expansion on a host, where all of defmt's strings are the same.
    #[allow(clippy::match_same_arms)]
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Full(_) => defmt::write!(f, "Full"),
            Self::Closing(_) => defmt::write!(f, "Closing"),
        }
    }
}

impl<Req> fmt::Display for RequestError<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the request queue is full; try again later, or wait with `request`",
            Self::Closing(_) => "the runner is closing and takes no more requests",
        })
    }
}

impl<Req> Error for RequestError<Req> {}

/// The failure of a request that was enqueued and awaited in one call: by
/// [`send_all`](crate::SenderRunner::send_all), or by a runner as a tower service.
#[derive(Clone, PartialEq, Eq)]
pub enum CallError<Req, R, E> {
    /// The runner refused the request, and returns it.
    Refused(RequestError<Req>),
    /// The runner took the request, and it failed.
    Failed(SendError<R, E>),
}

impl<Req, R, E> CallError<Req, R, E> {
    /// Returns the request if the runner refused it.
    pub fn into_request(self) -> Option<Req> {
        match self {
            Self::Refused(refused) => Some(refused.into_request()),
            Self::Failed(_) => None,
        }
    }
}

// A request need not be `Debug`; see `RequestError`.
impl<Req, R: fmt::Debug, E: fmt::Debug> fmt::Debug for CallError<Req, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => f.debug_tuple("Refused").field(refused).finish(),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

impl<Req, R: fmt::Display, E: fmt::Display> fmt::Display for CallError<Req, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => write!(f, "{refused}"),
            Self::Failed(error) => write!(f, "{error}"),
        }
    }
}

impl<Req, R: fmt::Debug + fmt::Display, E: Error + 'static> Error for CallError<Req, R, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(error) => error.source(),
        }
    }
}

/// Returns a refused round of a request to its strategy: the runner is closing, or a `FixedStorage` is full.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequeueError<Req>(pub Req);

impl<Req> fmt::Debug for RequeueError<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequeueError(..)")
    }
}

impl<Req> fmt::Display for RequeueError<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not re-queued: the runner is closing, and a drain must end")
    }
}

impl<Req> Error for RequeueError<Req> {}

/// The reason why [`result`](crate::SenderRunner::result) has no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ResultError {
    /// No response came in time. One may come later.
    TimedOut,
    /// No response can come any more: the runner has stopped and all responses are taken.
    Stopped,
}

impl fmt::Display for ResultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "no response came in time; one may come later",
            Self::Stopped => "the runner has stopped; no response can come any more",
        })
    }
}

impl Error for ResultError {}

/// Names an argument that makes no sense, and the rule that it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidArgument {
    argument: &'static str,
    rule: &'static str,
}

impl InvalidArgument {
    pub(crate) const fn new(argument: &'static str, rule: &'static str) -> Self {
        Self { argument, rule }
    }

    /// Returns the argument's name.
    pub const fn argument(&self) -> &'static str {
        self.argument
    }

    /// Returns what the argument must be, as text that follows the name.
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for InvalidArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.argument, self.rule)
    }
}

impl Error for InvalidArgument {}

#[cfg(all(test, feature = "alloc", target_pointer_width = "64"))]
mod tests {
    use super::*;

    #[test]
    fn a_result_takes_one_word_more_than_a_small_message() {
        assert_eq!(size_of::<Result<u64, SendError<(), ()>>>(), 2 * size_of::<u64>());
    }
}
