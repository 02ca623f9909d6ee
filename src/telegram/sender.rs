//! The sender: requests go out as calls of the Bot API, answers come back as messages or rejections.

use core::fmt;
use core::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::answer;
use super::base_url::BaseUrl;
use super::error::TelegramError;
use super::http::Http;
use super::message::SentMessage;
use super::rejection::TelegramRejection;
use super::request::MessageRequest;
use super::token::BotToken;
use crate::sender::{Delivery, MessageResponse, MessageSender};

/// Sends messages through Telegram's Bot API.
///
/// Connections are kept and reused. The sender waits for an answer as long as the connection lives. Bound that
/// with a [`Timeout`](crate::Timeout) among the runner's strategies, longer than Telegram takes to fetch media
/// from a URL.
///
/// ```no_run
/// # #[cfg(feature = "smol")] {
/// use telegram_sender::MessageSender;
/// use telegram_sender::telegram::{BotToken, MessageRequest, TelegramSender};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { smol::block_on(async {
/// let sender = TelegramSender::new(BotToken::new(std::env::var("BOT_TOKEN")?)?);
/// sender.open().await?; // a runner does this by itself
/// match sender.send_message(&MessageRequest::text("@my_channel", "Hello!")?).await? {
///     Ok(message) => println!("sent as message {}", message.message_id()),
///     Err(rejection) => println!("rejected: {rejection}"),
/// }
/// # Ok(()) }) }
/// # }
/// ```
pub struct TelegramSender {
    token: BotToken,
    base_url: BaseUrl,
    http: Http,
    verify_token: bool,
}

impl TelegramSender {
    pub(super) fn from_parts(token: BotToken, base_url: BaseUrl, http: Http, verify_token: bool) -> Self {
        Self { token, base_url, http, verify_token }
    }

    /// Calls a method of the Bot API.
    async fn call(
        &self,
        method: &'static str,
        parameters: impl Serialize,
        delivery: &Delivery,
    ) -> Result<Result<Box<RawValue>, TelegramRejection>, TelegramError> {
        let json = serde_json::to_vec(&parameters).expect("parameters are plain JSON");
        let path = self.base_url.method(&self.token, method);
        // Boxed, because the futures of each strategy and of the worker contain this one.
        Box::pin(self.http.post(path, json, delivery))
            .await
            .and_then(|answer| answer::read(answer, &self.token))
            // The crate's own errors do not contain the path, but those of a custom connector may.
            .map_err(|error| error.scrubbed(&self.token))
    }
}

impl MessageSender for TelegramSender {
    type Request = MessageRequest;
    type Message = SentMessage;
    type Rejection = TelegramRejection;
    type Error = TelegramError;

    /// Checks the token with Telegram, unless that was [turned off](super::TelegramSenderBuilder::verify_token).
    ///
    /// Waits for an answer as long as the connection lives; race it with a timer if that matters.
    async fn open(&self) -> Result<(), TelegramError> {
        if self.verify_token {
            self.call("getMe", serde_json::Map::new(), &Delivery::new())
                .await?
                .map_err(TelegramError::Rejected)?;
        }
        Ok(())
    }

    /// Sends `request` with the matching method of the Bot API.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no answer of the Bot API. [`TelegramError::may_have_arrived`] returns true if
    /// the message may have been posted.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is ready closes its connection, however much of the request was written. It
    /// is then unknown whether the message was posted.
    async fn send_message(&self, request: &MessageRequest) -> Result<MessageResponse<Self>, TelegramError> {
        self.deliver(request, &Delivery::new()).await
    }

    /// Sends `request` like [`send_message`](Self::send_message). The delivery begins when there is a connection
    /// and the request is about to be written.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send_message`](Self::send_message).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has the effect that [`send_message`](Self::send_message) describes. If the delivery has
    /// not begun, the message was not posted.
    async fn deliver(
        &self,
        request: &MessageRequest,
        delivery: &Delivery,
    ) -> Result<MessageResponse<Self>, TelegramError> {
        let answer = self.call(request.method(), request.parameters(), delivery).await?;
        Ok(answer.map(SentMessage::new))
    }

    fn retry_after(rejection: &TelegramRejection) -> Option<Duration> {
        rejection.retry_after
    }

    fn is_final(rejection: &TelegramRejection) -> bool {
        rejection.is_permanent()
    }

    fn may_have_been_taken(rejection: &TelegramRejection) -> bool {
        rejection.may_have_been_taken()
    }

    fn may_have_arrived(error: &TelegramError) -> bool {
        error.may_have_arrived()
    }

    /// Closes the idle connections. A later send connects again.
    async fn close(&self) {
        self.http.close();
    }
}

impl fmt::Debug for TelegramSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramSender")
            .field("base_url", &self.base_url.as_str())
            .field("verify_token", &self.verify_token)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_to_any_thread() {
        fn is_free<T: Send + Sync + 'static>() {}
        is_free::<TelegramSender>();
        is_free::<MessageRequest>();
        is_free::<SentMessage>();
        is_free::<TelegramError>();
    }
}
