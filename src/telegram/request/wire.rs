//! The Bot API's form of a request: its method, and its parameters as JSON.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::MessageRequest;
use crate::telegram::media::Media;

const CHAT_ID: &str = "chat_id";
const TEXT: &str = "text";
const CAPTION: &str = "caption";
const PARSE_MODE: &str = "parse_mode";
const REPLY_PARAMETERS: &str = "reply_parameters";
const DISABLE_NOTIFICATION: &str = "disable_notification";
const LINK_PREVIEW_OPTIONS: &str = "link_preview_options";

/// Returns true if the parameter `name` has a setter.
pub(super) fn is_reserved(name: &str) -> bool {
    [CHAT_ID, TEXT, CAPTION, PARSE_MODE, REPLY_PARAMETERS, DISABLE_NOTIFICATION, LINK_PREVIEW_OPTIONS]
        .contains(&name)
        || Media::FIELDS.contains(&name)
}

impl MessageRequest {
    /// Returns the Bot API's method.
    pub(in crate::telegram) fn method(&self) -> &'static str {
        self.media.as_ref().map_or("sendMessage", Media::method)
    }

    /// Returns the method's parameters.
    pub(in crate::telegram) fn parameters(&self) -> impl Serialize + '_ {
        Parameters(self)
    }
}

struct Parameters<'r>(&'r MessageRequest);

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(CHAT_ID, &request.chat_id)?;
        if let Some(media) = &request.media {
            map.serialize_entry(media.field(), media.file())?;
        }
        if let Some(body) = &request.body {
            map.serialize_entry(if request.media.is_some() { CAPTION } else { TEXT }, body)?;
            if let Some(mode) = &request.parse_mode {
                map.serialize_entry(PARSE_MODE, mode)?;
            }
        }
        if let Some(reply) = &request.reply_parameters {
            map.serialize_entry(REPLY_PARAMETERS, reply)?;
        }
        if request.silent {
            map.serialize_entry(DISABLE_NOTIFICATION, &true)?;
        }
        if let (Some(options), None) = (&request.link_preview, &request.media) {
            map.serialize_entry(LINK_PREVIEW_OPTIONS, options)?;
        }
        // `extra` contains none of the names above.
        for (name, value) in &request.extra {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use frankenstein::ParseMode;
    use frankenstein::types::{LinkPreviewOptions, ReplyParameters};
    use serde_json::{Value, json};

    use super::*;

    fn sent(request: &MessageRequest) -> (&'static str, Value) {
        (request.method(), serde_json::to_value(request.parameters()).unwrap())
    }

    #[test]
    fn only_what_was_set_is_sent() {
        let request = MessageRequest::text("@channel", "hi").unwrap();
        assert_eq!(sent(&request), ("sendMessage", json!({ "chat_id": "@channel", "text": "hi" })));
    }

    #[test]
    fn everything_set_is_sent_as_the_bot_api_names_it() {
        let reply = ReplyParameters::builder().message_id(9).allow_sending_without_reply(true).build();
        let request = MessageRequest::text(-5, "hi")
            .unwrap()
            .parse_mode(ParseMode::MarkdownV2)
            .reply_parameters(reply)
            .silent(true)
            .link_preview(LinkPreviewOptions::builder().prefer_small_media(true).build())
            .extra("message_thread_id", 3)
            .unwrap()
            .extra("reply_markup", json!({ "remove_keyboard": true }))
            .unwrap();
        let expected = json!({
            "chat_id": -5,
            "text": "hi",
            "parse_mode": "MarkdownV2",
            "reply_parameters": { "message_id": 9, "allow_sending_without_reply": true },
            "disable_notification": true,
            "link_preview_options": { "prefer_small_media": true },
            "message_thread_id": 3,
            "reply_markup": { "remove_keyboard": true },
        });
        assert_eq!(sent(&request), ("sendMessage", expected));
    }

    #[test]
    fn media_go_to_their_method_with_a_caption() {
        let file = || "file".to_owned();
        for (media, method, field) in [
            (Media::Photo(file()), "sendPhoto", "photo"),
            (Media::Video(file()), "sendVideo", "video"),
            (Media::Animation(file()), "sendAnimation", "animation"),
            (Media::Audio(file()), "sendAudio", "audio"),
            (Media::Voice(file()), "sendVoice", "voice"),
            (Media::Document(file()), "sendDocument", "document"),
        ] {
            let request = MessageRequest::media(1, media).unwrap().no_link_preview();
            assert_eq!(sent(&request), (method, json!({ "chat_id": 1, field: "file" })));
            let request = request.caption("cap").unwrap().parse_mode(ParseMode::Html);
            assert_eq!(
                sent(&request).1,
                json!({ "chat_id": 1, field: "file", "caption": "cap", "parse_mode": "HTML" })
            );
        }
        let sticker = MessageRequest::media(1, Media::Sticker(file())).unwrap().parse_mode(ParseMode::Html);
        assert_eq!(sent(&sticker), ("sendSticker", json!({ "chat_id": 1, "sticker": "file" })));
    }

    #[test]
    fn what_can_never_be_sent_is_refused() {
        let refused =
            |result: Result<MessageRequest, crate::error::InvalidArgument>| result.unwrap_err().argument();
        assert_eq!(refused(MessageRequest::text(1, "")), "text");
        assert_eq!(refused(MessageRequest::text(1, " \n\u{a0}")), "text");
        assert_eq!(refused(MessageRequest::text("@", "hi")), "chat_id");
        assert_eq!(refused(MessageRequest::media(1, Media::Photo(" ".into()))), "media");
        let text = MessageRequest::text(1, "hi").unwrap();
        assert_eq!(refused(text.clone().with_text(" ")), "text");
        assert_eq!(refused(text.clone().caption("cap")), "caption");
        assert_eq!(refused(text.clone().with_chat_id("no_at_sign")), "chat_id");
        let photo = MessageRequest::media(1, Media::Photo("id".into())).unwrap();
        assert_eq!(refused(photo.caption("")), "caption");
        let sticker = MessageRequest::media(1, Media::Sticker("id".into())).unwrap();
        assert_eq!(refused(sticker.with_text("hi")), "text");
        for name in ["chat_id", "text", "caption", "photo", "sticker", "disable_notification", ""] {
            assert_eq!(refused(text.clone().extra(name, 1)), "extra");
        }
    }

    #[test]
    fn text_and_chat_can_be_replaced() {
        let request = MessageRequest::text(1, "a").unwrap().with_text("b").unwrap().with_chat_id(2).unwrap();
        assert_eq!(sent(&request).1, json!({ "chat_id": 2, "text": "b" }));
    }
}
