//! The Bot API's answer that is an error, and what kind of error it is.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::status;

/// Telegram answered with an error: `{"ok":false, ...}`. Mostly this means that it did not take the message; see
/// [`may_have_been_taken`](Self::may_have_been_taken).
///
/// ```
/// use telegram_sender::telegram::{RejectionKind, TelegramRejection};
///
/// let rejection = TelegramRejection::new(403, "Forbidden: bot was blocked by the user");
/// assert_eq!(rejection.kind(), RejectionKind::Refused);
/// assert!(rejection.is_permanent());
/// assert_eq!(rejection.to_string(), "403 Forbidden: bot was blocked by the user");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TelegramRejection {
    /// The error code, which is much like an HTTP status. If the answer holds none, it is the HTTP status.
    pub code: u16,
    /// What is wrong, in Telegram's words. It may change; decide by [`kind`](Self::kind).
    pub description: String,
    /// How long Telegram wants to get no request (a flood wait).
    pub retry_after: Option<Duration>,
    /// The new id of a group that became a supergroup: send it
    /// [there](super::MessageRequest::with_chat_id).
    pub migrate_to_chat_id: Option<i64>,
}

impl TelegramRejection {
    /// A rejection; for tests of code that handles them.
    pub fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), retry_after: None, migrate_to_chat_id: None }
    }

    /// What kind of rejection it is, and so what to do about it.
    pub fn kind(&self) -> RejectionKind {
        if self.migrate_to_chat_id.is_some() {
            return RejectionKind::Migrated;
        }
        if self.retry_after.is_some() {
            return RejectionKind::FloodWait;
        }
        match self.code {
            429 => RejectionKind::FloodWait,
            // Telegram says "Not Found" to a token of a form that it does not know.
            401 | 404 => RejectionKind::Unauthorized,
            400..500 => RejectionKind::Refused,
            500..600 => RejectionKind::ServerFault,
            _ => RejectionKind::Unknown,
        }
    }

    /// Whether the token is not valid: no request of this bot will be taken.
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == RejectionKind::Unauthorized
    }

    /// Returns true if there is no point in sending the very same request again: it will be rejected each time, or nothing
    /// says that it will not.
    pub fn is_permanent(&self) -> bool {
        !matches!(self.kind(), RejectionKind::FloodWait | RejectionKind::ServerFault)
    }

    /// Returns true if Telegram may have posted the message all the same. If so, sending it again may post it twice.
    ///
    /// A server may fail after its work is done, and then answer with a code from 500 on. A flood wait, a new id of the
    /// group and a refusal say that the message was not taken.
    ///
    /// ```
    /// use telegram_sender::telegram::TelegramRejection;
    ///
    /// assert!(TelegramRejection::new(502, "Bad Gateway").may_have_been_taken());
    /// assert!(!TelegramRejection::new(403, "Forbidden: bot was blocked by the user").may_have_been_taken());
    /// ```
    pub fn may_have_been_taken(&self) -> bool {
        match self.kind() {
            RejectionKind::FloodWait | RejectionKind::Migrated => false,
            _ => !status::refuses(self.code),
        }
    }
}

impl fmt::Display for TelegramRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.description)
    }
}

impl Error for TelegramRejection {}

/// What to do about a [`TelegramRejection`].
///
/// ```
/// use telegram_sender::telegram::{RejectionKind, TelegramRejection};
///
/// fn advice(rejection: &TelegramRejection) -> &'static str {
///     match rejection.kind() {
///         RejectionKind::FloodWait => "later",
///         RejectionKind::ServerFault => "see if it arrived",
///         RejectionKind::Migrated => "elsewhere",
///         RejectionKind::Unauthorized => "stop",
///         _ => "skip",
///     }
/// }
/// assert_eq!(advice(&TelegramRejection::new(401, "Unauthorized")), "stop");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum RejectionKind {
    /// Too many requests: wait, then send it again. A runner waits by itself.
    FloodWait,
    /// The group has another id now: send it there.
    Migrated,
    /// The token is not valid (any more): stop, and get a new one.
    Unauthorized,
    /// This message can't go to this chat: it is malformed, the chat is unknown, or the bot may not write there.
    Refused,
    /// Telegram had a problem of its own, maybe after it took the message. Send it again later only if it may arrive twice.
    ServerFault,
    /// Telegram did not say why, or in a way that is not known here.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_code_and_parameters() {
        let kind = |code| TelegramRejection::new(code, "").kind();
        assert_eq!(kind(400), RejectionKind::Refused);
        assert_eq!(kind(401), RejectionKind::Unauthorized);
        assert_eq!(kind(404), RejectionKind::Unauthorized);
        assert_eq!(kind(429), RejectionKind::FloodWait);
        for code in [500, 502, 504, 599] {
            assert_eq!(kind(code), RejectionKind::ServerFault);
        }
        for code in [0, 200, 303, 399, 600, 999] {
            assert_eq!(kind(code), RejectionKind::Unknown);
            assert!(TelegramRejection::new(code, "").is_permanent());
        }
        let wait = Some(Duration::from_secs(1));
        let flood = TelegramRejection { retry_after: wait, ..TelegramRejection::new(400, "") };
        assert!(flood.kind() == RejectionKind::FloodWait && !flood.is_permanent());
        let moved = TelegramRejection { migrate_to_chat_id: Some(-1), ..TelegramRejection::new(400, "") };
        assert!(moved.kind() == RejectionKind::Migrated && moved.is_permanent() && !moved.is_unauthorized());
    }

    #[test]
    fn what_failed_in_the_server_may_have_been_taken() {
        let taken = |code| TelegramRejection::new(code, "").may_have_been_taken();
        for code in [0, 200, 303, 408, 499, 500, 502, 503, 504, 599, 600] {
            assert!(taken(code), "{code}");
        }
        for code in [400, 401, 403, 404, 413, 429] {
            assert!(!taken(code), "{code}");
        }
    }

    #[test]
    fn a_wait_or_a_new_id_says_that_it_was_not_taken() {
        for code in [200, 400, 429, 500, 502] {
            let rejection = TelegramRejection::new(code, "");
            let wait = Some(Duration::from_secs(1));
            assert!(!TelegramRejection { retry_after: wait, ..rejection.clone() }.may_have_been_taken());
            assert!(!TelegramRejection { migrate_to_chat_id: Some(-1), ..rejection }.may_have_been_taken());
        }
    }
}
