//! A strategy of this tool's own: sends again what surely did not arrive, and nothing else.
//!
//! The crate's `Retry` sends any rejected request again. Here a user who has blocked the bot is not asked twice, and
//! a request is never sent again if it may have arrived.

use std::time::Duration;

use telegram_sender::telegram::{RejectionKind, TelegramError, TelegramRejection};
use telegram_sender::{Context, MessageSender, NoAnswer, Outcome, Pipeline, SendStrategy};

/// How long to wait before the next attempt to connect, and after a flood wait of unknown length.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends again after flood waits and failed connections, up to a number of times.
pub(crate) struct Resend<F> {
    retries: u32,
    on_flood_wait: F,
}

impl<F: FnMut(Duration)> Resend<F> {
    /// `on_flood_wait` hears of each flood wait, for the people who wait with it.
    pub(crate) fn new(retries: u32, on_flood_wait: F) -> Self {
        Self { retries, on_flood_wait }
    }
}

impl<S, F> SendStrategy<S> for Resend<F>
where
    S: MessageSender<Rejection = TelegramRejection, Error = TelegramError>,
    F: FnMut(Duration),
{
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        let mut left = self.retries;
        loop {
            let outcome = inner.send(cx, request).await;
            let resend = match &outcome {
                Ok(Err(rejection)) if rejection.kind() == RejectionKind::FloodWait => {
                    (self.on_flood_wait)(rejection.retry_after.unwrap_or(PAUSE));
                    true
                }
                Err(NoAnswer::Failed(error)) => !error.may_have_arrived(),
                _ => false,
            };
            if !resend || left == 0 {
                return outcome;
            }
            left -= 1;
            // After a flood wait the runner lets nothing pass before its end; it is not for us to wait longer.
            match cx.not_before().filter(|deadline| *deadline > cx.now()) {
                Some(deadline) => cx.sleep_until(deadline).await,
                None => cx.sleep(PAUSE).await,
            }
        }
    }
}
