//! An error answer of the Bot API, and its kind.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::status;

/// An error answer of Telegram: `{"ok":false, ...}`. Usually it means that Telegram did not accept the message;
/// see [`may_have_been_taken`](Self::may_have_been_taken).
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
    /// The error code, which resembles an HTTP status. If the answer has none, it is the HTTP status.
    pub code: u16,
    /// The reason in Telegram's words. They may change, so decide by [`kind`](Self::kind).
    pub description: String,
    /// The time for which Telegram wants no request (a flood wait).
    pub retry_after: Option<Duration>,
    /// The new id of a group that became a supergroup: send the request
    /// [there](super::MessageRequest::with_chat_id).
    pub migrate_to_chat_id: Option<i64>,
}

impl TelegramRejection {
    /// Creates a rejection, for tests of code that handles them.
    pub fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), retry_after: None, migrate_to_chat_id: None }
    }

    /// Returns the kind of the rejection, which decides what to do about it.
    pub fn kind(&self) -> RejectionKind {
        if self.migrate_to_chat_id.is_some() {
            return RejectionKind::Migrated;
        }
        if self.retry_after.is_some() {
            return RejectionKind::FloodWait;
        }
        match self.code {
            429 => RejectionKind::FloodWait,
            // Telegram answers "Not Found" to a token of a form that it does not know.
            401 | 404 => RejectionKind::Unauthorized,
            400..500 => RejectionKind::Refused,
            500..600 => RejectionKind::ServerFault,
            _ => RejectionKind::Unknown,
        }
    }

    /// Returns true if the token is not valid: Telegram will reject every request of this bot.
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == RejectionKind::Unauthorized
    }

    /// Returns true if it is pointless to send the same request again: it will be rejected each time, or the
    /// answer does not say otherwise.
    pub fn is_permanent(&self) -> bool {
        !matches!(self.kind(), RejectionKind::FloodWait | RejectionKind::ServerFault)
    }

    /// Returns true if Telegram may have posted the message anyway. Sending it again may then post it twice.
    ///
    /// A server may fail after its work is done, and then answer with a code of 500 or more. A flood wait, a new
    /// id of the group and the usual codes from 400 to 499 mean that the message was not accepted.
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

/// The kinds of a [`TelegramRejection`], by what to do about it.
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
    /// Telegram failed, maybe after it accepted the message. Send it again later only if it may arrive twice.
    ServerFault,
    /// Telegram gave no reason, or one that this crate does not know.
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
