//! A chat as lists and reports name it: an integer id, or a `@username`.

use std::fmt;

use serde::{Deserialize, Serialize};
use telegram_sender::telegram::ChatRef;

/// The chat that a message goes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Chat {
    Id(i64),
    Name(String),
}

impl Chat {
    /// Telegram's ids have at most 52 significant bits.
    const LARGEST: u64 = 1 << 52;

    /// Parses a chat, or returns what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix('@') {
            let in_names = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let well_formed = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && (4..=32).contains(&name.len())
                && name.bytes().all(in_names);
            return if well_formed { Ok(Self::Name(text.to_owned())) } else { Err(wrong(text)) };
        }
        // `parse` would accept a `+`, and so telephone numbers.
        let id = text.parse().ok().filter(|_| !text.starts_with('+'));
        id.filter(|id: &i64| (1..Self::LARGEST).contains(&id.unsigned_abs()))
            .map(Self::Id)
            .ok_or_else(|| wrong(text))
    }

    /// Returns a key that all spellings of a chat share: for Telegram, `@News` and `@news` are the same.
    pub(crate) fn key(&self) -> Self {
        match self {
            Self::Id(id) => Self::Id(*id),
            Self::Name(name) => Self::Name(name.to_ascii_lowercase()),
        }
    }
}

fn wrong(text: &str) -> String {
    if text.is_empty() {
        return "chat_id is empty".to_owned();
    }
    format!("chat_id `{text}` is neither an id such as 123456789 nor a @username")
}

impl From<&Chat> for ChatRef {
    fn from(chat: &Chat) -> Self {
        match chat {
            Chat::Id(id) => (*id).into(),
            Chat::Name(name) => name.clone().into(),
        }
    }
}

impl fmt::Display for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ids_and_usernames_only() {
        assert_eq!(Chat::parse(" 42 "), Ok(Chat::Id(42)));
        assert_eq!(Chat::parse("-1001234567890"), Ok(Chat::Id(-1_001_234_567_890)));
        assert_eq!(Chat::parse("@Rust_News").unwrap().key(), Chat::Name("@rust_news".into()));
        for bad in
            ["", "0", "+49170123", "1.5", "rust_news", "@", "@ab", "@1abcd", "@a b c d", "4503599627370496"]
        {
            assert!(Chat::parse(bad).is_err(), "{bad}");
        }
    }
}
