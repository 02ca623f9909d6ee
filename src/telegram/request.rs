//! A message for one chat, checked while it is built.

#[cfg(feature = "serde")]
mod stored;
mod wire;

use frankenstein::ParseMode;
use frankenstein::types::{ChatId, LinkPreviewOptions, ReplyParameters};
use serde_json::{Map, Value};

use super::chat::ChatRef;
use super::media::Media;
use crate::error::InvalidArgument;

/// A message for one chat: text, or media with or without a caption.
///
/// Everything that can be checked without Telegram is checked here, so that a request that could never be sent is
/// refused before it is queued. Lengths are left to Telegram, which counts them after it has parsed the
/// formatting.
///
/// ```
/// use telegram_sender::telegram::{MessageRequest, ParseMode};
///
/// let request = MessageRequest::text(42, "<b>Hello</b>")?
///     .parse_mode(ParseMode::Html)
///     .reply_to(7)
///     .silent(true)
///     .no_link_preview()
///     .extra("protect_content", true)?;
/// assert_eq!(request.body(), Some("<b>Hello</b>"));
/// # Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRequest {
    chat_id: ChatId,
    /// The text, or the caption of `media`. A request has at least one of the two.
    body: Option<String>,
    media: Option<Media>,
    parse_mode: Option<ParseMode>,
    reply_parameters: Option<ReplyParameters>,
    silent: bool,
    link_preview: Option<LinkPreviewOptions>,
    extra: Map<String, Value>,
}

impl MessageRequest {
    /// Creates a text message.
    ///
    /// # Errors
    ///
    /// Returns an error naming `text` if `text` is empty or white space only, or one naming `chat_id` if `chat` is
    /// text that is neither an integer nor a `@username`.
    ///
    /// ```
    /// use telegram_sender::telegram::MessageRequest;
    ///
    /// let to_a_channel = MessageRequest::text("@my_channel", "Hello!")?;
    /// let to_a_group = MessageRequest::text(-1_001_234_567_890_i64, "Hello!")?;
    /// assert_eq!(MessageRequest::text(42, " ").unwrap_err().argument(), "text");
    /// # let _ = (to_a_channel, to_a_group);
    /// # Ok::<(), telegram_sender::error::InvalidArgument>(())
    /// ```
    pub fn text(chat: impl Into<ChatRef>, text: impl Into<String>) -> Result<Self, InvalidArgument> {
        Self::new(chat.into(), None)?.with_text(text)
    }

    /// Creates a message with media. Its [`caption`](Self::caption) is optional.
    ///
    /// # Errors
    ///
    /// Returns an error naming `media` if its `file_id` or URL is empty, or one naming `chat_id` if `chat` is text
    /// that is neither an integer nor a `@username`.
    pub fn media(chat: impl Into<ChatRef>, media: Media) -> Result<Self, InvalidArgument> {
        if media.file().trim().is_empty() {
            return Err(InvalidArgument::new("media", "must be a file_id or a URL"));
        }
        Self::new(chat.into(), Some(media))
    }

    fn new(chat: ChatRef, media: Option<Media>) -> Result<Self, InvalidArgument> {
        Ok(Self {
            chat_id: chat.check()?,
            body: None,
            media,
            parse_mode: None,
            reply_parameters: None,
            silent: false,
            link_preview: None,
            extra: Map::new(),
        })
    }

    /// Replaces the text, or the caption if the message has media.
    ///
    /// # Errors
    ///
    /// Returns an error naming `text` if `text` is empty or white space only, or if the message is a sticker.
    pub fn with_text(self, text: impl Into<String>) -> Result<Self, InvalidArgument> {
        self.with_body("text", text.into())
    }

    /// Sets the caption of the media.
    ///
    /// # Errors
    ///
    /// Returns an error naming `caption` if `caption` is empty or white space only, or if the message has no media
    /// or is a sticker.
    ///
    /// ```
    /// use telegram_sender::telegram::{Media, MessageRequest};
    ///
    /// let sticker = MessageRequest::media(42, Media::Sticker("CAACAgIA".into()))?;
    /// assert_eq!(sticker.caption("no").unwrap_err().argument(), "caption");
    /// # Ok::<(), telegram_sender::error::InvalidArgument>(())
    /// ```
    pub fn caption(self, caption: impl Into<String>) -> Result<Self, InvalidArgument> {
        if self.media.is_none() {
            return Err(InvalidArgument::new("caption", "needs media; a text message has its text"));
        }
        self.with_body("caption", caption.into())
    }

    fn with_body(mut self, argument: &'static str, body: String) -> Result<Self, InvalidArgument> {
        if body.trim().is_empty() {
            return Err(InvalidArgument::new(argument, "must hold more than white space"));
        }
        if self.media.as_ref().is_some_and(|media| !media.takes_caption()) {
            return Err(InvalidArgument::new(argument, "can't be sent with a sticker"));
        }
        self.body = Some(body);
        Ok(self)
    }

    /// Replaces the chat, for example when a group [moved](super::TelegramRejection::migrate_to_chat_id).
    ///
    /// # Errors
    ///
    /// Returns an error naming `chat_id` if `chat` is text that is neither an integer nor a `@username`.
    pub fn with_chat_id(mut self, chat: impl Into<ChatRef>) -> Result<Self, InvalidArgument> {
        self.chat_id = chat.into().check()?;
        Ok(self)
    }

    /// Sets how the text or caption is formatted. Default: plain text.
    pub fn parse_mode(mut self, mode: ParseMode) -> Self {
        self.parse_mode = Some(mode);
        self
    }

    /// Makes the message a reply to message `message_id` of the same chat. Telegram rejects it if that message is
    /// gone; use [`reply_parameters`](Self::reply_parameters) to allow that.
    pub fn reply_to(self, message_id: i32) -> Self {
        self.reply_parameters(ReplyParameters::builder().message_id(message_id).build())
    }

    /// Makes the message a reply, with all of Telegram's options for replies.
    pub fn reply_parameters(mut self, reply: ReplyParameters) -> Self {
        self.reply_parameters = Some(reply);
        self
    }

    /// Sets whether the message arrives without a sound (`disable_notification`).
    pub fn silent(mut self, silent: bool) -> Self {
        self.silent = silent;
        self
    }

    /// Sets how links in the text are previewed. Only text messages have previews, so a message with media does
    /// not send the options.
    pub fn link_preview(mut self, options: LinkPreviewOptions) -> Self {
        self.link_preview = Some(options);
        self
    }

    /// Turns off the previews of links in the text.
    pub fn no_link_preview(self) -> Self {
        self.link_preview(LinkPreviewOptions::DISABLED)
    }

    /// Adds a parameter of the Bot API that has no setter here, such as `message_thread_id` or `reply_markup`. It
    /// is sent as given. A later value for the same name replaces the earlier one.
    ///
    /// # Errors
    ///
    /// Returns an error naming `extra` if `name` is empty, or if this type has a setter for that parameter: no
    /// value may bypass the checks of a setter, above all that of `chat_id`.
    ///
    /// ```
    /// use telegram_sender::telegram::MessageRequest;
    ///
    /// let request = MessageRequest::text(42, "hi")?.extra("message_thread_id", 3)?;
    /// assert_eq!(request.extra("chat_id", 43).unwrap_err().argument(), "extra");
    /// # Ok::<(), telegram_sender::error::InvalidArgument>(())
    /// ```
    pub fn extra(
        mut self,
        name: impl Into<String>,
        value: impl Into<Value>,
    ) -> Result<Self, InvalidArgument> {
        let name = name.into();
        if name.is_empty() {
            return Err(InvalidArgument::new("extra", "must have a name"));
        }
        if wire::is_reserved(&name) {
            return Err(InvalidArgument::new(
                "extra",
                "must not name a parameter that has a setter of its own",
            ));
        }
        self.extra.insert(name, value.into());
        Ok(self)
    }

    /// Returns the chat that the message goes to.
    pub fn chat_id(&self) -> &ChatId {
        &self.chat_id
    }

    /// Returns the text, or the caption of the media.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Returns the media, if the message has any.
    pub fn attachment(&self) -> Option<&Media> {
        self.media.as_ref()
    }
}
