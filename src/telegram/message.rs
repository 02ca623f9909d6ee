//! Telegram's answer to a message that it accepted.

use std::fmt;
use std::sync::Arc;

use frankenstein::types::Message;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A message that Telegram accepted. Clones share one copy of its JSON.
///
/// Only the ids are parsed at first, the rest on demand. A sent message must not become an error because Telegram
/// adds something new: a caller would send it again.
///
/// ```
/// use telegram_sender::telegram::SentMessage;
///
/// fn link(message: &SentMessage) -> Option<String> {
///     // In links, the ids of supergroups and channels go without their `-100`.
///     let chat = message.chat_id()?.to_string();
///     Some(format!("https://t.me/c/{}/{}", chat.strip_prefix("-100")?, message.message_id()))
/// }
/// ```
#[derive(Clone)]
pub struct SentMessage {
    message_id: i32,
    chat_id: Option<i64>,
    raw: Arc<RawValue>,
}

impl SentMessage {
    /// Creates the message from the `result` of an answer, whatever that is.
    pub(super) fn new(raw: Box<RawValue>) -> Self {
        #[derive(Deserialize)]
        struct WithId {
            message_id: i32,
        }
        #[derive(Deserialize)]
        struct WithChat {
            chat: Chat,
        }
        #[derive(Deserialize)]
        struct Chat {
            id: i64,
        }
        // Parsed one by one, so that a bad one does not hide the other.
        let message_id = serde_json::from_str(raw.get()).map_or(0, |with: WithId| with.message_id);
        let chat_id = serde_json::from_str(raw.get()).ok().map(|with: WithChat| with.chat.id);
        Self { message_id, chat_id, raw: raw.into() }
    }

    /// Returns the message's id in its chat.
    ///
    /// Returns 0 if the message was accepted but has no id (yet). Telegram itself sends 0 for a message that it
    /// will post later, such as one with a large video.
    pub fn message_id(&self) -> i32 {
        self.message_id
    }

    /// Returns the chat's id, also for a message that was sent to a `@username`.
    pub fn chat_id(&self) -> Option<i64> {
        self.chat_id
    }

    /// Returns the message as Telegram's JSON.
    pub fn raw(&self) -> &str {
        self.raw.get()
    }

    /// Parses the whole message.
    ///
    /// # Errors
    ///
    /// Returns an error if this version of [`frankenstein`] cannot read the message. It was sent anyway.
    pub fn message(&self) -> Result<Message, serde_json::Error> {
        serde_json::from_str(self.raw())
    }
}

/// Two messages are equal if Telegram sent the same JSON for both.
impl PartialEq for SentMessage {
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw()
    }
}

impl Eq for SentMessage {}

// Omits the raw JSON, which is long and contains whatever the server wrote.
impl fmt::Debug for SentMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentMessage")
            .field("message_id", &self.message_id)
            .field("chat_id", &self.chat_id)
            .finish_non_exhaustive()
    }
}

/// The stored form of a sent message: its JSON as a string, which any format can hold.
#[cfg(feature = "serde")]
mod stored {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::value::RawValue;

    use super::SentMessage;

    impl Serialize for SentMessage {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.raw().serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for SentMessage {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let json = String::deserialize(deserializer)?;
            RawValue::from_string(json).map(Self::new).map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(json: &str) -> SentMessage {
        SentMessage::new(RawValue::from_string(json.into()).unwrap())
    }

    #[test]
    fn reads_the_ids_and_parses_the_rest_on_demand() {
        let json = r#"{"message_id":5,"date":1,"chat":{"id":-9,"type":"channel"},"text":"hi","new":[1]}"#;
        let message = sent(json);
        assert_eq!((message.message_id(), message.chat_id(), message.raw()), (5, Some(-9), json));
        assert_eq!(message.message().unwrap().text.as_deref(), Some("hi"));
        assert_eq!(message.clone(), message);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_is_kept_comes_back() {
        let message = sent(r#"{"message_id":5}"#);
        let kept = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<SentMessage>(&kept).unwrap(), message);
        assert!(serde_json::from_str::<SentMessage>(r#""{""#).is_err());
    }

    #[test]
    fn takes_whatever_was_accepted() {
        for (json, ids) in [
            ("null", (0, None)),
            ("true", (0, None)),
            (r#"[{"message_id":5}]"#, (0, None)),
            (r#"{"message_id":"five","chat":{"id":1}}"#, (0, Some(1))),
            (r#"{"message_id":5,"chat":7}"#, (5, None)),
            (r#"{"message_id":99999999999}"#, (0, None)),
        ] {
            let message = sent(json);
            assert_eq!((message.message_id(), message.chat_id()), ids, "{json}");
            assert!(message.message().is_err());
        }
    }
}
