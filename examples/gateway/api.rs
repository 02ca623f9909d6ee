//! The way to the Bot API: a runner, the messages sent through it, and its answers in the chip's form.

use std::env;
use std::time::Duration;

use telegram_sender::telegram::{BotToken, MessageRequest, TelegramRejection, TelegramSender};
use telegram_sender::{RateLimiter, SendError, SenderRunner, Smol, Timeout};

use crate::Failure;
use crate::cli::ServeArgs;
use crate::link::{Outcome, Reading};
use crate::stand_in::{Options, StandIn};

/// The token of the stand-in. It is no secret, because no other server accepts it.
pub(crate) const STAND_IN_TOKEN: &str = "123456789:the-token-of-the-stand-in";
pub(crate) const TOKEN_VARIABLE: &str = "TELEGRAM_BOT_TOKEN";

pub(crate) struct Api {
    runner: SenderRunner<TelegramSender, Smol>,
    chat: String,
    alarm_chat: String,
    /// The Bot API, if there is no token.
    _stand_in: Option<StandIn>,
}

impl Api {
    pub(crate) async fn start(args: &ServeArgs) -> Result<Self, Failure> {
        let (token, base_url, stand_in) = match (env::var(TOKEN_VARIABLE), &args.base_url) {
            (Ok(token), base_url) => (token, base_url.clone(), None),
            (Err(_), Some(_)) => {
                return Err(format!("there is no token; put it into {TOKEN_VARIABLE}").into());
            }
            (Err(_), None) => {
                let stand_in = StandIn::start(Options::new(STAND_IN_TOKEN)).await?;
                (STAND_IN_TOKEN.to_owned(), Some(stand_in.url()), Some(stand_in))
            }
        };
        let mut sender = TelegramSender::builder(BotToken::new(token)?);
        if let Some(url) = base_url {
            sender = sender.base_url(&url)?;
        }
        // No retry: the chip sends a rejected or unanswered reading again.
        let runner = SenderRunner::builder(sender.build())
            .strategy(Timeout::new(Duration::from_secs(10))?)
            .strategy(RateLimiter::new(args.rate.number, args.rate.period)?)
            .prepare(Smol)
            .start(Smol)
            .await?;
        let (chat, alarm_chat) = (args.chat.clone(), args.alarm_chat.clone());
        Ok(Self { runner, chat, alarm_chat, _stand_in: stand_in })
    }

    /// Sends a reading. Returns `None` without an answer: the chip then sends it again, although it may have arrived.
    pub(crate) async fn deliver(&self, number: u32, reading: Reading) -> Result<Option<Outcome>, Failure> {
        let chat = if reading.alarm { &self.alarm_chat } else { &self.chat };
        let request = MessageRequest::text(chat.as_str(), text(number, reading))?;
        Ok(match self.runner.request(request).await?.await {
            Ok(message) => Some(Outcome::Accepted { message_id: message.message_id() }),
            Err(SendError::Rejected(rejection)) => Some(rejected(&rejection)),
            Err(SendError::NoAnswer(why)) => {
                eprintln!("reading {number}: {why}");
                None
            }
        })
    }

    /// Sends the queued messages and closes the runner.
    pub(crate) async fn close(self) {
        self.runner.close().await;
    }
}

/// Returns a reading as the text of a message.
pub(crate) fn text(number: u32, reading: Reading) -> String {
    let degrees = f64::from(reading.celsius) / 100.0;
    format!("Reading {number}: {degrees:.2} °C")
}

fn rejected(rejection: &TelegramRejection) -> Outcome {
    match rejection.retry_after {
        Some(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Outcome::FloodWait { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
        }
        None => Outcome::Rejected { code: rejection.code, is_final: rejection.is_permanent() },
    }
}
