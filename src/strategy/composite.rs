//! A list of strategies as one strategy: a static type, with no allocation and no `dyn`.

use core::future::Future;

use super::{Context, Identity, Outcome, Pipeline, SendStrategy};
use crate::sender::MessageSender;

/// Combines strategies into one; the first one listed is nearest to the sender.
///
/// This is the reverse of tower's `ServiceBuilder`, where the first layer is the outermost. A composite is a pair:
/// `outer` wraps `inner`, which wraps the strategies listed before the composite.
///
/// The builder's [`strategy`](crate::runner::Builder::strategy) composes for you. Build a composite yourself to name
/// a list of strategies and reuse it. In another list, it acts like its parts in the same order.
///
/// ```
/// use std::time::Duration;
/// use telegram_sender::{CompositeStrategy, RateLimiter, Retry, Timeout};
///
/// # fn main() -> Result<(), telegram_sender::error::InvalidArgument> {
/// let polite = CompositeStrategy::new()
///     .with(Timeout::new(Duration::from_secs(10))?)
///     .with(RateLimiter::new(30, Duration::from_secs(1))?)
///     .with(Retry::new(3, Duration::from_secs(1)));
/// # let _ = polite; Ok(()) }
/// ```
///
/// The type of a composite is the nest of its parts. A function that returns it as `impl SendStrategy` hides whether
/// its futures are `Send`, and the runner then starts on local executors only. Build the composite where you build
/// the runner, or use a [`Chain`](crate::strategy::Chain), whose type has a short name. A nest of more than seven may
/// need a higher `#![recursion_limit]`.
#[derive(Debug, Clone, Copy, Default)]
#[doc(alias = "ICompositeStrategy")]
pub struct CompositeStrategy<Inner = Identity, Outer = Identity> {
    inner: Inner,
    outer: Outer,
}

impl CompositeStrategy {
    /// Creates an empty composite, which sends each request as it is.
    pub const fn new() -> Self {
        Self { inner: Identity, outer: Identity }
    }
}

impl<Inner, Outer> CompositeStrategy<Inner, Outer> {
    /// Wraps the strategies so far in `strategy`.
    pub fn with<Strategy>(self, strategy: Strategy) -> CompositeStrategy<Self, Strategy> {
        CompositeStrategy::pair(self, strategy)
    }

    pub(crate) const fn pair(inner: Inner, outer: Outer) -> Self {
        Self { inner, outer }
    }
}

impl<S, Inner, Outer> SendStrategy<S> for CompositeStrategy<Inner, Outer>
where
    S: MessageSender,
    Inner: SendStrategy<S>,
    Outer: SendStrategy<S>,
{
    // Not `async`, like every step that only passes a request on: each strategy adds one future of its own, no more.
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        self.outer.execute(cx, request, Wrapped { strategy: &mut self.inner, inner })
    }
}

/// A strategy with the pipeline that it wraps, as the pipeline of the next strategy.
struct Wrapped<'a, Strategy, Inner> {
    strategy: &'a mut Strategy,
    inner: Inner,
}

impl<S, Strategy, Inner> Pipeline<S> for Wrapped<'_, Strategy, Inner>
where
    S: MessageSender,
    Strategy: SendStrategy<S>,
    Inner: Pipeline<S>,
{
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>> {
        self.strategy.execute_through(cx, request, &mut self.inner)
    }
}
