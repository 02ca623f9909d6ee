//! The chat that a message goes to, in every form that users write.

use frankenstein::types::ChatId;

use crate::error::InvalidArgument;

/// A chat as users write it: an integer id, or text with an id or a `@username`. It is checked where it is used.
///
/// ```
/// use telegram_sender::telegram::{ChatId, MessageRequest};
///
/// assert_eq!(MessageRequest::text(42, "hi")?.chat_id(), &ChatId::Integer(42));
/// assert_eq!(MessageRequest::text("-1001234567890", "hi")?.chat_id(), &ChatId::Integer(-1_001_234_567_890));
/// assert_eq!(MessageRequest::text("@channel", "hi")?.chat_id(), &ChatId::String("@channel".into()));
/// assert_eq!(MessageRequest::text("channel", "hi").unwrap_err().argument(), "chat_id");
/// # Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatRef(ChatId);

impl ChatRef {
    /// Returns the id to send. Text with an integer becomes that integer, because Telegram takes text for a
    /// username.
    pub(super) fn check(self) -> Result<ChatId, InvalidArgument> {
        match self.0 {
            ChatId::Integer(id) => Ok(ChatId::Integer(id)),
            ChatId::String(text) => parse(text),
        }
    }
}

fn parse(text: String) -> Result<ChatId, InvalidArgument> {
    const RULE: InvalidArgument =
        InvalidArgument::new("chat_id", "must be an integer or a `@username` of letters, digits and `_`");
    if let Some(name) = text.strip_prefix('@') {
        let in_names = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        return if !name.is_empty() && name.bytes().all(in_names) {
            Ok(ChatId::String(text))
        } else {
            Err(RULE)
        };
    }
    // `parse` alone would accept a `+`.
    if text.starts_with('+') {
        return Err(RULE);
    }
    text.parse().map(ChatId::Integer).map_err(|_| RULE)
}

impl From<ChatId> for ChatRef {
    fn from(chat: ChatId) -> Self {
        Self(chat)
    }
}

impl From<&ChatId> for ChatRef {
    fn from(chat: &ChatId) -> Self {
        Self(chat.clone())
    }
}

impl From<i64> for ChatRef {
    fn from(id: i64) -> Self {
        Self(ChatId::Integer(id))
    }
}

impl From<i32> for ChatRef {
    fn from(id: i32) -> Self {
        Self(ChatId::Integer(id.into()))
    }
}

impl From<String> for ChatRef {
    fn from(text: String) -> Self {
        Self(ChatId::String(text))
    }
}

impl From<&str> for ChatRef {
    fn from(text: &str) -> Self {
        Self(ChatId::String(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_an_id_and_names_start_with_an_at_sign() {
        let check = |chat: &str| ChatRef::from(chat).check();
        assert_eq!(check("7"), Ok(ChatId::Integer(7)));
        assert_eq!(check("-100"), Ok(ChatId::Integer(-100)));
        assert_eq!(check("@a_1"), Ok(ChatId::String("@a_1".into())));
        for bad in
            ["", " ", "@", "@ ", "@a b", "@a/b", "name", "+7", "-", "7 ", " 7", "1.5", "99999999999999999999"]
        {
            assert_eq!(check(bad).unwrap_err().argument(), "chat_id", "{bad:?}");
        }
    }
}
