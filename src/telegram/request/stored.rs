//! The stored form of a request, for a file or an external queue. A request that is read back is checked like a
//! new one.

use std::string::String;

use frankenstein::ParseMode;
use frankenstein::types::{ChatId, LinkPreviewOptions, ReplyParameters};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::MessageRequest;
use crate::error::InvalidArgument;
use crate::telegram::chat::ChatRef;
use crate::telegram::media::Media;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    chat_id: ChatId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parse_mode: Option<ParseMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<ReplyParameters>,
    #[serde(default)]
    silent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link_preview: Option<LinkPreviewOptions>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    extra: Map<String, Value>,
}

impl Stored {
    fn check(self) -> Result<MessageRequest, InvalidArgument> {
        let chat = match self.chat_id {
            ChatId::Integer(id) => ChatRef::from(id),
            ChatId::String(name) => ChatRef::from(name),
        };
        let mut request = match (self.media, self.body) {
            (None, body) => MessageRequest::text(chat, body.unwrap_or_default())?,
            (Some(media), None) => MessageRequest::media(chat, media)?,
            (Some(media), Some(caption)) => MessageRequest::media(chat, media)?.caption(caption)?,
        };
        for (name, value) in self.extra {
            request = request.extra(name, value)?;
        }
        request.parse_mode = self.parse_mode;
        request.reply_parameters = self.reply_parameters;
        request.silent = self.silent;
        request.link_preview = self.link_preview;
        Ok(request)
    }
}

impl Serialize for MessageRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { chat_id, body, media, parse_mode, reply_parameters, silent, link_preview, extra } =
            self.clone();
        let stored =
            Stored { chat_id, body, media, parse_mode, reply_parameters, silent, link_preview, extra };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MessageRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer)?.check().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let text = MessageRequest::text("@channel", "hi").unwrap();
        assert_eq!(to_value(&text).unwrap(), json!({ "chat_id": "@channel", "body": "hi", "silent": false }));
        let full = text
            .clone()
            .parse_mode(ParseMode::Html)
            .reply_to(7)
            .silent(true)
            .no_link_preview()
            .extra("protect_content", true)
            .unwrap();
        let photo = MessageRequest::media(-5, Media::Photo("id".into())).unwrap();
        let captioned = photo.clone().caption("cap").unwrap();
        for request in [text, full, photo, captioned] {
            assert_eq!(from_value::<MessageRequest>(to_value(&request).unwrap()).unwrap(), request);
        }
    }

    #[test]
    fn what_could_not_be_made_is_not_read() {
        for (stored, named) in [
            (json!({ "chat_id": 1 }), "`text`"),
            (json!({ "chat_id": "nobody", "body": "hi" }), "`chat_id`"),
            (json!({ "chat_id": 1, "media": { "sticker": "id" }, "body": "hi" }), "`caption`"),
            (json!({ "chat_id": 1, "body": "hi", "extra": { "text": "ho" } }), "`extra`"),
            (json!({ "chat_id": 1, "body": "hi", "loud": true }), "`loud`"),
        ] {
            let error = from_value::<MessageRequest>(stored).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
