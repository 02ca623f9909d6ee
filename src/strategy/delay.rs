//! A pause after each answer, before it is passed on.

use core::future::Future;
use core::time::Duration;

use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::{MessageResponse, MessageSender};

/// Holds each answer back for a time, and with it the next request.
///
/// After a rejection that asks for a wait ([`retry_after`](MessageSender::retry_after)), that wait is served
/// instead of the delay. A send that got no answer is passed on at once.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::Delay;
///
/// let one_a_second = Delay::new(Duration::from_secs(1));
/// # let _ = one_a_second;
/// ```
#[derive(Debug, Clone, Copy)]
#[doc(alias = "DelayStrategy")]
pub struct Delay(Nanos);

impl Delay {
    /// A delay of `duration`; zero is no delay.
    pub const fn new(duration: Duration) -> Self {
        Self(Nanos::of(duration))
    }

    /// How long `response` is held back.
    pub(super) fn after<S: MessageSender>(self, response: &MessageResponse<S>) -> Pause {
        match response {
            Err(rejection) if asks_to_wait::<S>(rejection) => Pause::UntilPermitted,
            _ => Pause::For(self.0),
        }
    }
}

impl<S: MessageSender> SendStrategy<S> for Delay {
    #[expect(clippy::manual_async_fn, reason = "an `async fn` would hold twice what it is given")]
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        async move {
            let response = inner.send(cx, request).await?;
            let (timer, deadline) = (cx.timer(), self.after::<S>(&response).end(cx));
            // Without a wait, the clock is not asked either.
            if deadline > Instant::EPOCH {
                timer.sleep_until(deadline).await;
            }
            Ok(response)
        }
    }
}

/// A wait between sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    For(Nanos),
    /// No wait of our own: until the instant before which the service wants no request: shared, so that nobody waits twice.
    UntilPermitted,
}

impl Pause {
    /// `None` where the service says it.
    pub(super) const fn nanos(self) -> Option<Nanos> {
        match self {
            Self::For(nanos) => Some(nanos),
            Self::UntilPermitted => None,
        }
    }

    /// When a pause that begins now is over.
    pub(super) fn end<S: MessageSender>(self, cx: &impl Context<S>) -> Instant {
        // Not before that, even after a wait of our own: an earlier flood wait may be longer, if a time-out cut it off.
        let permitted_at = cx.not_before().unwrap_or(Instant::EPOCH);
        match self {
            Self::For(nanos) if !nanos.is_zero() => permitted_at.max(cx.now() + nanos),
            _ => permitted_at,
        }
    }
}

/// Whether `rejection` says how long to wait. A wait of zero says nothing.
pub(super) fn asks_to_wait<S: MessageSender>(rejection: &S::Rejection) -> bool {
    S::retry_after(rejection).is_some_and(|wait| !wait.is_zero())
}
