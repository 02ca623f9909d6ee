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

    /// Returns how long `response` is held back.
    pub(super) fn after<S: MessageSender>(
        self,
        cx: &impl Context<S>,
        response: &MessageResponse<S>,
    ) -> Pause {
        match response {
            Err(rejection) if flood_wait::<S>(cx, rejection) == FloodWait::Served => Pause::UntilPermitted,
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
            let (timer, deadline) = (cx.timer(), self.after::<S>(cx, &response).end(cx));
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

/// The wait that a rejection asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FloodWait {
    /// It asks for none. Nor does one that asks for a wait of zero.
    None,
    /// The runner waits.
    Served,
    /// It is longer than the builder's limit: nobody waits, and the request is over.
    TooLong,
}

pub(super) fn flood_wait<S: MessageSender>(cx: &impl Context<S>, rejection: &S::Rejection) -> FloodWait {
    match S::retry_after(rejection) {
        Some(wait) if wait.is_zero() => FloodWait::None,
        Some(wait) if cx.accepts_wait(wait) => FloodWait::Served,
        Some(_) => FloodWait::TooLong,
        None => FloodWait::None,
    }
}
