//! The Bot API's answer that is an error, and what kind of error it is.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Telegram answered, and did not take the message: `{"ok":false, ...}`.
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
    /// The error code, which is much like an HTTP status.
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
            _ => RejectionKind::ServerFault,
        }
    }

    /// Whether the token is not valid: no request of this bot will be taken.
    pub fn is_unauthorized(&self) -> bool {
        self.kind() == RejectionKind::Unauthorized
    }

    /// Whether the very same request will be rejected each time.
    pub fn is_permanent(&self) -> bool {
        !matches!(self.kind(), RejectionKind::FloodWait | RejectionKind::ServerFault)
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
///         RejectionKind::FloodWait | RejectionKind::ServerFault => "later",
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
    /// Telegram had a problem of its own: send it again later.
    ServerFault,
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
        assert_eq!(kind(500), RejectionKind::ServerFault);
        let wait = Some(Duration::from_secs(1));
        let flood = TelegramRejection { retry_after: wait, ..TelegramRejection::new(400, "") };
        assert!(flood.kind() == RejectionKind::FloodWait && !flood.is_permanent());
        let moved = TelegramRejection { migrate_to_chat_id: Some(-1), ..TelegramRejection::new(400, "") };
        assert!(moved.kind() == RejectionKind::Migrated && moved.is_permanent() && !moved.is_unauthorized());
    }
}
