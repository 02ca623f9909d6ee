//! The media that a message can carry, and the Bot API's method and field for each.

/// One file that Telegram already has, or can fetch: a `file_id` or an HTTP URL.
///
/// ```
/// use telegram_sender::telegram::{Media, MessageRequest};
///
/// let photo = Media::Photo("https://example.com/cat.jpg".into());
/// let request = MessageRequest::media("@cats", photo)?.caption("A cat")?;
/// assert_eq!(request.body(), Some("A cat"));
/// # Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Media {
    /// A photo: `sendPhoto`.
    Photo(String),
    /// A video: `sendVideo`.
    Video(String),
    /// A GIF, or a video without sound: `sendAnimation`.
    Animation(String),
    /// A piece of music: `sendAudio`.
    Audio(String),
    /// A voice message: `sendVoice`.
    Voice(String),
    /// Any file: `sendDocument`.
    Document(String),
    /// A sticker: `sendSticker`. It takes no caption.
    Sticker(String),
}

impl Media {
    /// The fields that hold the file, one per kind.
    pub(super) const FIELDS: [&'static str; 7] =
        ["photo", "video", "animation", "audio", "voice", "document", "sticker"];

    /// Returns the `file_id` or URL.
    pub fn file(&self) -> &str {
        match self {
            Self::Photo(file)
            | Self::Video(file)
            | Self::Animation(file)
            | Self::Audio(file)
            | Self::Voice(file)
            | Self::Document(file)
            | Self::Sticker(file) => file,
        }
    }

    /// Returns true if Telegram accepts a caption with it.
    pub const fn takes_caption(&self) -> bool {
        !matches!(self, Self::Sticker(_))
    }

    pub(super) const fn method(&self) -> &'static str {
        match self {
            Self::Photo(_) => "sendPhoto",
            Self::Video(_) => "sendVideo",
            Self::Animation(_) => "sendAnimation",
            Self::Audio(_) => "sendAudio",
            Self::Voice(_) => "sendVoice",
            Self::Document(_) => "sendDocument",
            Self::Sticker(_) => "sendSticker",
        }
    }

    pub(super) const fn field(&self) -> &'static str {
        let [photo, video, animation, audio, voice, document, sticker] = Self::FIELDS;
        match self {
            Self::Photo(_) => photo,
            Self::Video(_) => video,
            Self::Animation(_) => animation,
            Self::Audio(_) => audio,
            Self::Voice(_) => voice,
            Self::Document(_) => document,
            Self::Sticker(_) => sticker,
        }
    }
}
