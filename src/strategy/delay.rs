//! A pause after each answer, before it is passed on.

use core::future::Future;
use core::time::Duration;

use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::{MessageResponse, MessageSender};

/// Holds each *answer* back for a time, and with it the next request. The send itself is not delayed.
///
/// If a rejection asks for a wait ([`retry_after`](MessageSender::retry_after)), that wait replaces the delay. A send
/// without an answer is passed on at once.
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
    /// Creates a delay of `duration`. Zero is no delay.
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
            // Without a wait, the clock is not read either.
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
    /// A wait until the instant before which the service wants no request. The runner shares it, so that it is served
    /// once.
    UntilPermitted,
}

impl Pause {
    /// Returns the time to wait, or `None` if the service sets it.
    pub(super) const fn nanos(self) -> Option<Nanos> {
        match self {
            Self::For(nanos) => Some(nanos),
            Self::UntilPermitted => None,
        }
    }

    /// Returns the end of a pause that begins now.
    pub(super) fn end<S: MessageSender>(self, cx: &impl Context<S>) -> Instant {
        // No pause ends before this instant. An earlier flood wait may be longer, if a time-out cut it off.
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
    /// It asks for no wait, or for a wait of zero.
    None,
    /// The runner waits.
    Served,
    /// It is longer than the builder's limit. The runner does not wait, and no retry follows.
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
