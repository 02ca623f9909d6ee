//! The reasons for a missing answer of the Bot API, and whether the message may have been sent anyway.

use std::error::Error;
use std::fmt;
use std::io;

use super::rejection::TelegramRejection;
use super::status;
use super::token::BotToken;

/// There is no answer of the Bot API, or (on [`open`](crate::MessageSender::open)) the answer is a rejection.
///
/// No variant contains the token, nor text of a body that is not the Bot API's.
///
/// ```
/// use telegram_sender::telegram::TelegramError;
///
/// let bad_gateway = TelegramError::Status(502);
/// assert!(bad_gateway.may_have_arrived());
/// assert!(bad_gateway.to_string().starts_with("answered with HTTP status 502 and not"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TelegramError {
    /// The server's name has no address.
    #[non_exhaustive]
    Resolve {
        /// The resolver's reason.
        reason: String,
    },
    /// There is no connection to the server.
    #[non_exhaustive]
    Connect {
        /// The kind of failure, such as [`io::ErrorKind::ConnectionRefused`].
        kind: io::ErrorKind,
        /// The system's reason.
        reason: String,
    },
    /// TLS failed: the certificate is not trusted, or the server does not speak TLS.
    #[non_exhaustive]
    Tls {
        /// The reason.
        reason: String,
    },
    /// The connection broke before the answer was complete.
    #[non_exhaustive]
    Disconnected {
        /// True if the request may have arrived. Otherwise at most its head was written.
        sent: bool,
        /// The reason.
        reason: String,
    },
    /// An answer that is not the Bot API's, with this HTTP status. It comes from a proxy or another kind of
    /// server. Only some statuses mean that the request was not passed on.
    Status(u16),
    /// The status is a success, but the body is not the Bot API's JSON; or the answer is not HTTP.
    Malformed,
    /// The answer is longer than this many bytes, and was not read to its end.
    TooLarge(usize),
    /// Telegram rejected the check of the token when the sender was opened.
    Rejected(TelegramRejection),
}

impl TelegramError {
    /// Returns true if Telegram may have received the request, and so may have posted the message. Sending it
    /// again may then post it twice.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Resolve { .. } | Self::Connect { .. } | Self::Tls { .. } | Self::Rejected(_) => false,
            Self::Disconnected { sent, .. } => *sent,
            Self::Status(status) => !status::refuses(*status),
            Self::Malformed | Self::TooLarge(_) => true,
        }
    }

    /// Removes the token from the reason.
    pub(super) fn scrubbed(mut self, token: &BotToken) -> Self {
        if let Self::Resolve { reason }
        | Self::Connect { reason, .. }
        | Self::Tls { reason }
        | Self::Disconnected { reason, .. } = &mut self
        {
            *reason = token.scrub(reason);
        }
        self
    }

    /// Returns true if the server could not be reached at all: no address, no connection or no TLS.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Resolve { .. } | Self::Connect { .. } | Self::Tls { .. })
    }
}

impl fmt::Display for TelegramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { reason } => {
                write!(f, "found no address for the server's name ({reason}); check the base URL and the network")
            }
            Self::Connect { reason, .. } => {
                write!(f, "could not connect to the server ({reason}); check the network, or try again later")
            }
            Self::Tls { reason } => {
                write!(f, "could not set up TLS with the server ({reason}); check the base URL, or add its root certificate")
            }
            Self::Disconnected { sent: true, reason } => {
                write!(f, "the connection broke before the answer was complete ({reason}); the request may have arrived all the same")
            }
            Self::Disconnected { sent: false, reason } => {
                write!(f, "the connection broke before the request was written ({reason}); it can be sent again")
            }
            Self::Status(status) => {
                write!(f, "answered with HTTP status {status} and not by the Bot API; check the base URL and what stands between")?;
                f.write_str(if self.may_have_arrived() {
                    "; the request may have arrived all the same"
                } else {
                    ", or try again later"
                })
            }
            Self::Malformed => {
                f.write_str("the answer is not the Bot API's; check the base URL; the request may have arrived all the same")
            }
            Self::TooLarge(limit) => {
                write!(f, "the answer is longer than {limit} bytes, so it is not the Bot API's; check the base URL; the request may have arrived all the same")
            }
            Self::Rejected(rejection) if rejection.is_unauthorized() => {
                write!(f, "Telegram does not know the token ({rejection}); check it with @BotFather")
            }
            Self::Rejected(rejection) => write!(f, "Telegram did not let the bot in ({rejection})"),
        }
    }
}

impl Error for TelegramError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_may_have_arrived() {
        let reason = String::new;
        assert!(!TelegramError::Tls { reason: reason() }.may_have_arrived());
        assert!(!TelegramError::Disconnected { sent: false, reason: reason() }.may_have_arrived());
        assert!(TelegramError::Disconnected { sent: true, reason: reason() }.may_have_arrived());
        for (status, may) in
            [(200, true), (301, false), (303, true), (408, true), (413, false), (499, true), (502, true)]
        {
            let error = TelegramError::Status(status);
            assert_eq!(error.may_have_arrived(), may);
            assert_eq!(error.to_string().contains("may have arrived"), may);
        }
        assert!(TelegramError::Malformed.may_have_arrived() && TelegramError::TooLarge(1).may_have_arrived());
    }

    #[test]
    fn each_is_one_line() {
        let reason = || "why".to_owned();
        for error in [
            TelegramError::Resolve { reason: reason() },
            TelegramError::Connect { kind: io::ErrorKind::ConnectionRefused, reason: reason() },
            TelegramError::Tls { reason: reason() },
            TelegramError::Disconnected { sent: true, reason: reason() },
            TelegramError::Disconnected { sent: false, reason: reason() },
            TelegramError::Status(502),
            TelegramError::Malformed,
            TelegramError::TooLarge(9),
            TelegramError::Rejected(TelegramRejection::new(401, "Unauthorized")),
            TelegramError::Rejected(TelegramRejection::new(400, "Bad Request")),
        ] {
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
