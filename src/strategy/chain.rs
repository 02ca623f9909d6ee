//! A chain of built-in strategies that is put together at run time, from configuration.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::future::Future;
use core::mem::take;

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
pub struct Chain {
    strategies: Vec<BuiltIn>,
    /// The memory of a [`Walk`]; empty between two requests.
    levels: Vec<Level>,
}

/// Where a request stands with one of the strategies.
#[derive(Debug, Clone, Default)]
struct Level {
    /// Of a timeout: when it expires.
    deadline: Option<Instant>,
    /// Of a retry: how many re-sends it has made.
    retries: u32,
    /// Of a limiter: whether it admitted the request.
    admitted: bool,
}

impl Chain {
    /// A chain of `strategies`; the first is nearest to the sender.
    pub fn new(strategies: impl IntoIterator<Item = BuiltIn>) -> Self {
        strategies.into_iter().collect()
    }
}

impl FromIterator<BuiltIn> for Chain {
    fn from_iter<I: IntoIterator<Item = BuiltIn>>(strategies: I) -> Self {
        Self { strategies: strategies.into_iter().collect(), levels: Vec::new() }
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
        let Self { strategies, levels } = self;
        levels.resize_with(strategies.len(), Level::default);
        let mut walk = Walk { strategies, levels, last_admission: cx.admissions() };
        let timer = cx.timer();
        let mut enter_below = walk.levels.len();
        loop {
            let (mut outcome, mut level) = match walk.enter(enter_below, cx).await {
                Ok(()) => match within(expiry(walk.levels, 0), &timer, inner.send(cx, request)).await {
                    Ok(outcome) => (outcome, 0),
                    Err(level) => walk.expired(level, cx),
                },
                Err(level) => walk.expired(level, cx),
            };
            loop {
                if level == walk.levels.len() {
                    return outcome;
                }
                let After { pause, resend } = walk.after(level, cx, request, &outcome);
                // A level that waits has no time-out of its own.
                if let Some(pause) = pause
                    && let Err(expired_at) =
                        within(expiry(walk.levels, level), &timer, cx.sleep_until(pause.end(cx))).await
                {
                    (outcome, level) = walk.expired(expired_at, cx);
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

/// The walk of one request. Dropped in the midst, it moves the stamps of limiters as their own sends would.
struct Walk<'a, Last: Fn() -> Option<Instant>> {
    strategies: &'a mut [BuiltIn],
    levels: &'a mut Vec<Level>,
    last_admission: Last,
}

impl<Last: Fn() -> Option<Instant>> Walk<'_, Last> {
    /// Walks down from the level below `top` to the sender. Fails with the level whose time-out expired on the way.
    async fn enter<S: MessageSender>(&mut self, top: usize, cx: &mut impl Context<S>) -> Result<(), usize> {
        let timer = cx.timer();
        for index in (0..top).rev() {
            let limit = expiry(self.levels, index + 1);
            let level = &mut self.levels[index];
            *level = Level::default();
            match &mut self.strategies[index] {
                BuiltIn::Timeout(timeout) => level.deadline = Some(timer.now() + timeout.duration()),
                BuiltIn::RateLimiter(limiter) => {
                    while let Err(room_at) = limiter.admit(cx) {
                        within(limit, &timer, timer.sleep_until(room_at)).await?;
                    }
                    level.admitted = true;
                }
                BuiltIn::Delay(_) | BuiltIn::Retry(_) | BuiltIn::Jitter(_) | BuiltIn::Requeue(_) => {}
            }
        }
        Ok(())
    }

    /// What a strategy does once what it wraps has an outcome.
    fn after<S: MessageSender<Request: Clone>>(
        &mut self,
        index: usize,
        cx: &mut impl Context<S>,
        request: &S::Request,
        outcome: &Outcome<S>,
    ) -> After {
        self.leave(index);
        let retries = &mut self.levels[index].retries;
        let retry = match &mut self.strategies[index] {
            BuiltIn::Retry(retry) => retry.pause(cx, outcome, retries),
            BuiltIn::Jitter(jitter) => jitter.pause(cx, outcome, retries),
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
            BuiltIn::RateLimiter(_) | BuiltIn::Timeout(_) => None,
        };
        After { pause: retry, resend: retry.is_some() }
    }

    /// Cuts short what is below `level`, whose time-out has expired.
    fn expired<S: MessageSender>(&mut self, level: usize, cx: &impl Context<S>) -> (Outcome<S>, usize) {
        for below in 0..level {
            self.leave(below);
        }
        (Err(expired(cx)), level)
    }

    /// Moves the stamp of a limiter that admitted the request to when one nearer to the sender did: only then was it made.
    fn leave(&mut self, index: usize) {
        if let (true, BuiltIn::RateLimiter(limiter), Some(admitted_at)) =
            (take(&mut self.levels[index].admitted), &mut self.strategies[index], (self.last_admission)())
        {
            limiter.move_newest(admitted_at);
        }
    }
}

impl<Last: Fn() -> Option<Instant>> Drop for Walk<'_, Last> {
    fn drop(&mut self) {
        for index in 0..self.levels.len() {
            self.leave(index);
        }
        self.levels.clear();
    }
}

/// What follows an outcome: a wait, and then another send or the next level.
struct After {
    pause: Option<Pause>,
    resend: bool,
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
