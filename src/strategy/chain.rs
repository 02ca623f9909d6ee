//! A chain of strategies that is put together at run time, as from configuration.

#[cfg(feature = "serde")]
mod config;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::future::Future;
use core::mem::take;

use futures::future::FutureExt;

use super::delay::Pause;
use super::timeout::{Race, expired};
use super::{
    Context, Delay, Identity, Jitter, Outcome, Pipeline, RateLimiter, Requeue, Retry, SendStrategy, Timeout,
};
use crate::runtime::{Instant, Timer};
use crate::sender::MessageSender;

/// Holds one of the strategies that come with the crate, for a [`Chain`].
///
/// # From configuration
///
/// With the feature `serde` it is read from configuration: a name and its arguments. Seconds may be fractions. An
/// unknown name or argument is an error, and so is what a constructor refuses. Strategies are read only, not written.
///
/// | name | arguments | optional ones |
/// | --- | --- | --- |
/// | `timeout` | `seconds` | |
/// | `rate_limiter` | `rate`, `per_seconds` | |
/// | `delay` | `seconds` | |
/// | `retry` | `retries`, `delay_seconds` | `on_no_answer`, `uncounted_flood_waits` (false) |
/// | `jitter` | `retries`, `base_seconds`, `ratio` | the same, and `seed` (the system's) |
/// | `requeue` | one of `cycles`, `cycles_per_request`, `endless` | |
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use telegram_sender::strategy::Chain;
///
/// let chain: Chain = serde_json::from_str(
///     r#"[
///         { "timeout": { "seconds": 10 } },
///         { "rate_limiter": { "rate": 30, "per_seconds": 1 } },
///         { "delay": { "seconds": 0.5 } },
///         { "retry": { "retries": 3, "delay_seconds": 1, "uncounted_flood_waits": true } },
///         { "jitter": { "retries": 3, "base_seconds": 1, "ratio": 0.5, "on_no_answer": true } },
///         { "requeue": { "cycles": 3 } },
///         { "requeue": { "cycles_per_request": 3 } },
///         { "requeue": "endless" }
///     ]"#,
/// )?;
/// let wrong = serde_json::from_str::<Chain>(r#"[{ "timeout": { "seconds": 0 } }]"#).unwrap_err();
/// assert!(wrong.to_string().starts_with("timeout: `timeout` must be longer than zero"));
/// # let _ = chain; }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(try_from = "config::BuiltIn"))]
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

/// Runs strategies in an order that is known at run time only; the first is nearest to the sender.
///
/// It acts exactly like the same strategies listed in the builder, but it reads the clock for each request that
/// passes a [`Timeout`]. Built-in strategies allocate nothing per request. The chain is `Send` wherever the sender
/// allows it.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::strategy::{BuiltIn, Chain};
/// use telegram_sender::{Delay, RateLimiter, Retry, Timeout};
///
/// # fn main() -> Result<(), telegram_sender::error::InvalidArgument> {
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
///
/// # Strategies of your own
///
/// A chain also holds strategies of one type of your own, `Own`, among the built-in ones. Each of them allocates one
/// box per send that passes it. For several kinds of strategies, use an enum. If `Own` is `Deserialize`, as an enum with
/// other names than those of the built-in strategies, `Chain<Own>` is read from configuration too: the guide's page
/// about strategies shows it.
///
/// ```
/// # use std::time::Duration;
/// use telegram_sender::error::StrategyError;
/// use telegram_sender::strategy::{Chain, Context, Outcome, Pipeline};
/// use telegram_sender::{MessageSender, NoAnswer, Retry, SendStrategy, Timeout};
///
/// enum Mine {
///     /// Refuses every request.
///     Paused,
///     /// Passes requests on.
///     Open,
/// }
///
/// impl<S: MessageSender> SendStrategy<S> for Mine {
///     async fn execute(
///         &mut self,
///         cx: &mut impl Context<S>,
///         request: &S::Request,
///         mut inner: impl Pipeline<S>,
///     ) -> Outcome<S> {
///         match self {
///             Self::Paused => Err(NoAnswer::Strategy(StrategyError::new("paused"))),
///             Self::Open => inner.send(cx, request).await,
///         }
///     }
/// }
///
/// # fn main() -> Result<(), telegram_sender::error::InvalidArgument> {
/// let chain = Chain::<Mine>::default()
///     .with(Timeout::new(Duration::from_secs(5))?)
///     .with_own(Mine::Open)
///     .with(Retry::new(3, Duration::from_secs(1)));
/// # let _ = (chain, Mine::Paused); Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Chain<Own = Identity> {
    /// The strategies nearest to the sender.
    innermost: Segment,
    /// The strategies of the user, each with the built-in ones that wrap it.
    outer: Vec<(Own, Segment)>,
}

impl Chain {
    /// Creates a chain of `strategies`; the first is nearest to the sender.
    pub fn new(strategies: impl IntoIterator<Item = BuiltIn>) -> Self {
        strategies.into_iter().collect()
    }
}

impl<Own> Chain<Own> {
    /// Wraps the strategies so far in `strategy`.
    pub fn with(mut self, strategy: impl Into<BuiltIn>) -> Self {
        self.extend([strategy.into()]);
        self
    }

    /// Wraps the strategies so far in a strategy of your own.
    pub fn with_own(mut self, strategy: Own) -> Self {
        self.outer.push((strategy, Segment::default()));
        self
    }
}

impl<Own> Default for Chain<Own> {
    fn default() -> Self {
        Self { innermost: Segment::default(), outer: Vec::new() }
    }
}

impl<Own> From<Vec<BuiltIn>> for Chain<Own> {
    fn from(strategies: Vec<BuiltIn>) -> Self {
        Self { innermost: Segment { strategies, levels: Vec::new() }, outer: Vec::new() }
    }
}

impl<Own> FromIterator<BuiltIn> for Chain<Own> {
    fn from_iter<I: IntoIterator<Item = BuiltIn>>(strategies: I) -> Self {
        Vec::from_iter(strategies).into()
    }
}

impl<Own> Extend<BuiltIn> for Chain<Own> {
    fn extend<I: IntoIterator<Item = BuiltIn>>(&mut self, strategies: I) {
        let outermost = self.outer.last_mut().map_or(&mut self.innermost, |(_, wraps)| wraps);
        outermost.strategies.extend(strategies);
    }
}

impl<S: MessageSender<Request: Clone>, Own: SendStrategy<S>> SendStrategy<S> for Chain<Own> {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        Links { innermost: &mut self.innermost, outer: &mut self.outer, inner: &mut inner }
            .send(cx, request)
            .await
    }
}

/// The inner part of a chain, with the pipeline that the chain wraps.
struct Links<'a, Own, Inner> {
    innermost: &'a mut Segment,
    outer: &'a mut [(Own, Segment)],
    inner: &'a mut Inner,
}

impl<S, Own, Inner> Pipeline<S> for Links<'_, Own, Inner>
where
    S: MessageSender<Request: Clone>,
    Own: SendStrategy<S>,
    Inner: Pipeline<S>,
{
    async fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> Outcome<S> {
        match self.outer.split_last_mut() {
            None => self.innermost.execute(cx, request, &mut *self.inner).await,
            Some(((own, wraps), outer)) => {
                let within = Links { innermost: &mut *self.innermost, outer, inner: &mut *self.inner };
                wraps.execute(cx, request, Boxed { own, within }).await
            }
        }
    }
}

/// A strategy of the user, with the links that it wraps. Its future is boxed, because the links may hold such a
/// future again.
struct Boxed<'a, Own, Within> {
    own: &'a mut Own,
    within: Within,
}

impl<S, Own, Within> Pipeline<S> for Boxed<'_, Own, Within>
where
    S: MessageSender,
    Own: SendStrategy<S>,
    Within: Pipeline<S>,
{
    async fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> Outcome<S> {
        Box::pin(self.own.execute(cx, request, &mut self.within)).await
    }
}

/// Built-in strategies, the first nearest to the sender.
#[derive(Debug, Clone, Default)]
struct Segment {
    strategies: Vec<BuiltIn>,
    /// The memory of a [`Walk`]; empty between two requests.
    levels: Vec<Level>,
}

/// The progress of a request in one of the strategies.
#[derive(Debug, Clone, Default)]
struct Level {
    /// For a timeout: the time at which it expires.
    deadline: Option<Instant>,
    /// For a retry: the number of re-sends that it has counted.
    retries: u32,
    /// For a limiter: true if it admitted the request.
    admitted: bool,
}

impl<S: MessageSender<Request: Clone>> SendStrategy<S> for Segment {
    // Strategies nest, but a list of unknown length can't be a nest of futures without a box for each. So a walk does
    // what the nest would do: on its way down to the sender, each strategy's part before the send, and on its way up,
    // each part after it. A re-send walks down again from the level that wants it. If a time-out expires, the walk
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

/// The walk of one request. Its drop moves the stamps of limiters as their own sends would, even if it comes early.
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

    /// Does the strategy's part after the strategies that it wraps have an outcome.
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

    /// Cuts short the levels below `level`, whose time-out has expired.
    fn expired<S: MessageSender>(&mut self, level: usize, cx: &impl Context<S>) -> (Outcome<S>, usize) {
        for below in 0..level {
            self.leave(below);
        }
        (Err(expired(cx)), level)
    }

    /// Moves the stamp of a limiter that admitted the request to the last admission by one nearer to the sender. The
    /// send was made only then.
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

/// The step after an outcome: a wait, and then another send or the next level.
struct After {
    pause: Option<Pause>,
    resend: bool,
}

/// Returns the time-out that expires first among the levels from `lowest` up, the innermost of equals, with its
/// level.
fn expiry(levels: &[Level], lowest: usize) -> Option<(Instant, usize)> {
    let deadlines = levels.iter().enumerate().skip(lowest);
    deadlines.filter_map(|(index, level)| Some((level.deadline?, index))).min()
}

/// Awaits `future`, but fails with the level of `limit` once that time has come.
fn within<T: Timer, F: Future>(
    limit: Option<(Instant, usize)>,
    timer: &T,
    future: F,
) -> impl Future<Output = Result<F::Output, usize>> {
    let (deadline, level) = limit.unwrap_or((Instant::NEVER, 0));
    Race::new(future, move || timer.sleep_until(deadline)).map(move |output| output.ok_or(level))
}
