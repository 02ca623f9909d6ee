//! A chain of built-in strategies that is put together at run time, from configuration.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::future::Future;

use futures::future::FutureExt;

use super::delay::Pause;
use super::timeout::{Race, expired};
use super::{Context, Delay, Jitter, Outcome, Pipeline, RateLimiter, Requeue, Retry, SendStrategy, Timeout};
use crate::runtime::{Instant, Timer};
use crate::sender::MessageSender;

/// One of the strategies that come with the crate.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BuiltIn {
    /// A [`RateLimiter`].
    RateLimiter(RateLimiter<VecDeque<Instant>>),
    /// A [`Delay`].
    Delay(Delay),
    /// A [`Retry`].
    Retry(Retry),
    /// A [`Jitter`].
    Jitter(Jitter),
    /// A [`Timeout`].
    Timeout(Timeout),
    /// A [`Requeue`].
    Requeue(Requeue),
}

macro_rules! from {
    ($($strategy:ident: $type:ty),*) => {$(
        impl From<$type> for BuiltIn {
            fn from(strategy: $type) -> Self {
                Self::$strategy(strategy)
            }
        }
    )*};
}
from!(RateLimiter: RateLimiter<VecDeque<Instant>>, Delay: Delay, Retry: Retry, Jitter: Jitter, Timeout: Timeout, Requeue: Requeue);

/// Built-in strategies in an order known at run time only; the first is nearest to the sender.
///
/// It acts exactly as the same strategies listed in the builder. Unlike those it reads the clock for each
/// request that passes a [`Timeout`]. It allocates nothing per request and is `Send` wherever the sender allows
/// it.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::{BuiltIn, Chain, Delay, RateLimiter, Retry, Timeout};
///
/// # fn main() -> Result<(), telegram_sender::InvalidArgument> {
/// # let (limit, pause) = (Some(30), None);
/// let mut strategies: Vec<BuiltIn> = vec![Timeout::new(Duration::from_secs(5))?.into()];
/// if let Some(rate) = limit {
///     strategies.push(RateLimiter::new(rate, Duration::from_secs(1))?.into());
/// }
/// strategies.push(Retry::new(3, Duration::from_secs(1)).into());
/// strategies.extend(pause.map(|pause| BuiltIn::from(Delay::new(pause))));
/// let chain = Chain::new(strategies);
/// # let _ = chain; Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Chain(Vec<Level>);

/// A strategy and where the request in flight stands with it.
#[derive(Debug, Clone)]
struct Level {
    strategy: BuiltIn,
    /// Of a timeout: when it expires.
    deadline: Option<Instant>,
    /// Of a retry: how many re-sends it has made.
    retries: u32,
}

impl Chain {
    /// A chain of `strategies`; the first is nearest to the sender.
    pub fn new(strategies: impl IntoIterator<Item = BuiltIn>) -> Self {
        strategies.into_iter().collect()
    }
}

impl FromIterator<BuiltIn> for Chain {
    fn from_iter<I: IntoIterator<Item = BuiltIn>>(strategies: I) -> Self {
        Self(strategies.into_iter().map(|strategy| Level { strategy, deadline: None, retries: 0 }).collect())
    }
}

impl<S: MessageSender<Request: Clone>> SendStrategy<S> for Chain {
    // Strategies nest, but a list of unknown length can't be a nest of futures without a box for each. So the
    // nest is walked: down to the sender, doing what each strategy does before the send, and up again, doing
    // what it does after. A re-send walks down again from the level that wants it. Where a time-out expires, the walk
    // goes up from there.
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        let levels = &mut self.0[..];
        let timer = cx.timer();
        let mut enter_below = levels.len();
        loop {
            let (mut outcome, mut level) = match enter(levels, enter_below, cx).await {
                Ok(()) => match within(expiry(levels, 0), &timer, inner.send(cx, request)).await {
                    Ok(outcome) => (outcome, 0),
                    Err(level) => (Err(expired(cx)), level),
                },
                Err(level) => (Err(expired(cx)), level),
            };
            loop {
                let Some(current) = levels.get_mut(level) else { return outcome };
                let After { pause, resend } = current.after(cx, request, &outcome);
                // A level that waits has no time-out of its own.
                if let Some(pause) = pause
                    && let Err(expired_at) =
                        within(expiry(levels, level), &timer, cx.sleep_until(pause.end(cx))).await
                {
                    (outcome, level) = (Err(expired(cx)), expired_at);
                } else if resend {
                    enter_below = level;
                    break;
                } else {
                    level += 1;
                }
            }
        }
    }
}

impl Level {
    /// What the strategy does once what it wraps has an outcome.
    fn after<S: MessageSender<Request: Clone>>(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        outcome: &Outcome<S>,
    ) -> After {
        let retry = match &mut self.strategy {
            BuiltIn::Retry(retry) => retry.pause(cx, outcome, &mut self.retries),
            BuiltIn::Jitter(jitter) => jitter.pause(cx, outcome, &mut self.retries),
            BuiltIn::Delay(delay) => {
                let pause = outcome.as_ref().ok().map(|response| delay.after::<S>(cx, response));
                return After { pause, resend: false };
            }
            BuiltIn::Requeue(requeue) => {
                if outcome.is_ok() {
                    requeue.after_answer(cx, request);
                }
                None
            }
            BuiltIn::RateLimiter(limiter) => {
                limiter.sent(cx);
                None
            }
            BuiltIn::Timeout(_) => None,
        };
        After { pause: retry, resend: retry.is_some() }
    }
}

/// What follows an outcome: a wait, and then another send or the next level.
struct After {
    pause: Option<Pause>,
    resend: bool,
}

/// Walks down from the level below `top` to the sender. Fails with the level whose time-out expired on the way.
async fn enter<S: MessageSender>(
    levels: &mut [Level],
    top: usize,
    cx: &mut impl Context<S>,
) -> Result<(), usize> {
    let timer = cx.timer();
    for index in (0..top).rev() {
        let limit = expiry(levels, index);
        let level = &mut levels[index];
        level.retries = 0;
        match &mut level.strategy {
            BuiltIn::Timeout(timeout) => level.deadline = Some(timer.now() + timeout.duration()),
            BuiltIn::RateLimiter(limiter) => {
                while let Err(room_at) = limiter.admit(cx) {
                    within(limit, &timer, timer.sleep_until(room_at)).await?;
                }
            }
            BuiltIn::Delay(_) | BuiltIn::Retry(_) | BuiltIn::Jitter(_) | BuiltIn::Requeue(_) => {}
        }
    }
    Ok(())
}

/// The time-out that expires first among the levels from `lowest` up, the innermost of equals, with its level.
fn expiry(levels: &[Level], lowest: usize) -> Option<(Instant, usize)> {
    let deadlines = levels.iter().enumerate().skip(lowest);
    deadlines.filter_map(|(index, level)| Some((level.deadline?, index))).min()
}

/// Awaits `future`, but no longer than `limit`; then fails with the limit's level.
fn within<T: Timer, F: Future>(
    limit: Option<(Instant, usize)>,
    timer: &T,
    future: F,
) -> impl Future<Output = Result<F::Output, usize>> {
    let (deadline, level) = limit.unwrap_or((Instant::NEVER, 0));
    Race::new(future, move || timer.sleep_until(deadline)).map(move |output| output.ok_or(level))
}
