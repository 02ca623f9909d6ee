//! A strategy of this tool: stops sending once it is useless, so that a dead server does not cost each of 100,000
//! recipients a failure.

use telegram_sender::error::StrategyError;
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::telegram::{RejectionKind, TelegramError, TelegramRejection};
use telegram_sender::{MessageSender, NoAnswer, SendStrategy};

/// The number of unserved requests in a row after which the server counts as dead.
const IN_A_ROW: u32 = 3;

/// Refuses all requests once the server serves none. They are never sent, and fail with the reason.
#[derive(Default)]
pub(crate) struct Breaker {
    troubles: u32,
    broken: Option<String>,
}

impl<S> SendStrategy<S> for Breaker
where
    S: MessageSender<Rejection = TelegramRejection, Error = TelegramError>,
{
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        if let Some(reason) = &self.broken {
            return Err(NoAnswer::Strategy(StrategyError::from(reason.clone())));
        }
        let outcome = inner.send(cx, request).await;
        match &outcome {
            Ok(Err(rejection)) => match rejection.kind() {
                RejectionKind::Unauthorized => self.broken = Some(rejection.to_string()),
                RejectionKind::FloodWait | RejectionKind::ServerFault => self.trouble(&rejection.to_string()),
                _ => self.troubles = 0,
            },
            Err(why) => self.trouble(&why.to_string()),
            Ok(Ok(_)) => self.troubles = 0,
        }
        outcome
    }
}

impl Breaker {
    fn trouble(&mut self, reason: &str) {
        self.troubles += 1;
        if self.troubles >= IN_A_ROW {
            self.broken = Some(format!("{IN_A_ROW} messages in a row failed, the last one: {reason}"));
        }
    }
}
