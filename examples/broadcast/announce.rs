//! A strategy of this tool: reports the waits that the server asks for.

use std::time::Duration;

use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::{MessageSender, SendStrategy};

/// Calls `on_flood_wait` for each rejection that asks for a wait. Listed before a retry, it sees each attempt.
pub(crate) struct Announce<F> {
    on_flood_wait: F,
}

impl<F: FnMut(Duration)> Announce<F> {
    pub(crate) fn new(on_flood_wait: F) -> Self {
        Self { on_flood_wait }
    }
}

impl<S: MessageSender, F: FnMut(Duration)> SendStrategy<S> for Announce<F> {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        let response = inner.send(cx, request).await?;
        if let Some(wait) = response.as_ref().err().and_then(S::retry_after) {
            (self.on_flood_wait)(wait);
        }
        Ok(response)
    }
}
