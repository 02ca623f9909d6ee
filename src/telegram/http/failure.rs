//! Converts the errors of hyper, rustls and the system into the crate's own. Keeps only their innermost reasons:
//! these contain no URL and no part of an answer.

use std::error::Error;
use std::{fmt, io, iter};

use http_body_util::LengthLimitError;

use crate::telegram::error::TelegramError;

/// The error of a connector when the server's name has no address. Any other error counts as a failure to connect.
/// Only a connector for [`build_with`](crate::telegram::TelegramSenderBuilder::build_with) needs it.
///
/// ```
/// use std::net::ToSocketAddrs;
/// use telegram_sender::telegram::ResolveError;
///
/// fn resolve(host: &str) -> Result<impl Iterator<Item = std::net::SocketAddr>, ResolveError> {
///     (host, 443).to_socket_addrs().map_err(ResolveError::new)
/// }
/// # assert!(resolve("127.0.0.1").is_ok());
/// ```
#[derive(Debug)]
pub struct ResolveError(io::Error);

impl ResolveError {
    /// Wraps the resolver's error.
    pub fn new(error: io::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Error for ResolveError {}

/// Converts the error of a request that got no answer. `written` is true if the request's body may have been
/// written.
pub(super) fn of_request(error: &hyper::Error, written: bool) -> TelegramError {
    // Only a server that received the request can have given a malformed answer to it.
    if written && error.is_parse() {
        return TelegramError::Malformed;
    }
    TelegramError::Disconnected { sent: written, reason: innermost(error) }
}

/// Converts the error that cut an answer short.
pub(super) fn of_answer(error: &(dyn Error + 'static), status: u16, limit: usize) -> TelegramError {
    if causes(error).any(<dyn Error>::is::<LengthLimitError>) {
        return of_length(status, limit);
    }
    unless_it_failed(status, || TelegramError::Disconnected { sent: true, reason: innermost(error) })
}

/// Returns the error for an answer that is longer than `limit`.
pub(super) fn of_length(status: u16, limit: usize) -> TelegramError {
    unless_it_failed(status, || TelegramError::TooLarge(limit))
}

/// Returns the error for a partial answer. A status that is not a success says more than a body without its end.
fn unless_it_failed(status: u16, otherwise: impl FnOnce() -> TelegramError) -> TelegramError {
    if (200..300).contains(&status) { otherwise() } else { TelegramError::Status(status) }
}

/// Converts the error of a connection that could not be opened.
pub(super) fn of_connect(error: &(dyn Error + 'static)) -> TelegramError {
    let reason = innermost(error);
    if causes(error).any(<dyn Error>::is::<ResolveError>) {
        return TelegramError::Resolve { reason };
    }
    if causes(error).any(<dyn Error>::is::<rustls::Error>) {
        return TelegramError::Tls { reason };
    }
    let kind = causes(error).filter_map(|cause| cause.downcast_ref()).map(io::Error::kind).last();
    TelegramError::Connect { kind: kind.unwrap_or(io::ErrorKind::Other), reason }
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

/// Iterates over `error` and the errors inside it, outermost first.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        // The source of an I/O error skips the error inside it, which is the one needed here.
        Some(io) => io.get_ref().map(|inside| inside as _),
        None => error.source(),
    })
}
