//! The strategy seam: [`SendStrategy`] wraps a [`Pipeline`] and sees only a [`Context`]. The built-ins live in
//! the files below; none of them knows a runtime, a queue or a storage.

#[cfg(feature = "alloc")]
mod chain;
mod composite;
#[cfg(all(feature = "alloc", feature = "serde"))]
mod config;
mod delay;
mod jitter;
mod rate_limit;
mod requeue;
mod retry;
mod timeout;

use core::future::Future;
use core::time::Duration;

use crate::answer::RequestId;
use crate::error::{NoAnswer, RequeueError};
use crate::runtime::{Instant, Nanos, Timer};
use crate::sender::{MessageResponse, MessageSender};

#[cfg(feature = "alloc")]
pub use chain::{BuiltIn, Chain};
pub use composite::CompositeStrategy;
pub use delay::Delay;
pub use jitter::{Jitter, JitterSource, Random};
pub use rate_limit::{RateLimiter, Stamps};
pub use requeue::Requeue;
#[cfg(feature = "backon")]
pub use retry::Backoff;
pub use retry::{ConstantDelay, Retry, RetrySchedule};
pub use timeout::Timeout;

/// How a send ended, as strategies see it: an answer of the service, or none.
pub type Outcome<S> = Result<MessageResponse<S>, NoAnswer<<S as MessageSender>::Error>>;

/// Decides how, when and how often a request is sent.
///
/// A strategy wraps the strategies listed *before* it, down to the sender: `inner` is all of them. It calls
/// [`inner.send`](Pipeline::send) not at all, once or many times, waits where it wants to, and gives an outcome.
/// Listed after a limiter, a retry re-sends through that limiter; listed before it, the limiter waits once for
/// the whole retried send.
///
/// `&mut self`, because one worker owns its strategies: state needs no lock. Panics are caught (with `std`) and
/// fail that request only, so leave the state sound where you call into code that may panic.
///
/// # Example
///
/// A strategy that refuses to send in quiet hours:
///
/// ```
/// use telegram_sender::error::StrategyError;
/// use telegram_sender::strategy::{Context, Outcome, Pipeline};
/// use telegram_sender::{MessageSender, NoAnswer, SendStrategy};
///
/// struct QuietHours<F>(F);
///
/// impl<S: MessageSender, F: Fn() -> bool> SendStrategy<S> for QuietHours<F> {
///     async fn execute(
///         &mut self,
///         cx: &mut impl Context<S>,
///         request: &S::Request,
///         mut inner: impl Pipeline<S>,
///     ) -> Outcome<S> {
///         if (self.0)() {
///             return Err(NoAnswer::Strategy(StrategyError::new("quiet hours")));
///         }
///         inner.send(cx, request).await
///     }
/// }
/// ```
///
/// # A function that returns strategies
///
/// Let it name its type. `impl SendStrategy<S>` hides whether the strategy's futures are `Send`, so a runner with it starts on
/// local executors only (`LocalExecutor`, `LocalSet`). A nest of strategies has the type of its parts, innermost first; a
/// [`Chain`] has a short name whatever is in it.
///
/// ```
/// use std::collections::VecDeque;
/// use std::time::Duration;
/// use telegram_sender::error::InvalidArgument;
/// use telegram_sender::runtime::Instant;
/// use telegram_sender::strategy::Chain;
/// use telegram_sender::{CompositeStrategy, RateLimiter, Retry};
///
/// type Polite = CompositeStrategy<CompositeStrategy<CompositeStrategy, RateLimiter<VecDeque<Instant>>>, Retry>;
///
/// fn polite() -> Result<Polite, InvalidArgument> {
///     let limiter = RateLimiter::new(30, Duration::from_secs(1))?;
///     Ok(CompositeStrategy::new().with(limiter).with(Retry::new(3, Duration::from_secs(1))))
/// }
///
/// fn polite_chain() -> Result<Chain, InvalidArgument> {
///     let limiter = RateLimiter::new(30, Duration::from_secs(1))?;
///     Ok(Chain::new([limiter.into(), Retry::new(3, Duration::from_secs(1)).into()]))
/// }
/// # #[cfg(feature = "tokio")]
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Tokio};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # let runner = SenderRunner::builder(Echo).strategy(polite().unwrap()).strategy(polite_chain().unwrap());
/// # let runner = runner.prepare(Tokio).start(Tokio).await.unwrap();
/// # assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
/// # });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a strategy for requests of `{S}`",
    label = "not a strategy",
    note = "a constructor that checks its arguments returns a `Result`: add `?`",
    note = "to write a strategy of your own, implement `SendStrategy`"
)]
pub trait SendStrategy<S: MessageSender> {
    /// Sends `request` through `inner` in this strategy's way.
    ///
    /// # Errors
    ///
    /// `Err` when there is no answer of the service: `inner`'s reason, or this strategy's own.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when an outer [`Timeout`] expires or the runner is aborted.
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>>;

    /// As [`execute`](Self::execute), through an `inner` that outlives the future: a strategy that only passes on needs no
    /// future of its own then.
    #[doc(hidden)]
    fn execute_through(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        inner: &mut impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        self.execute(cx, request, inner)
    }
}

/// `None` passes through, so a strategy can be left out at run time.
impl<S: MessageSender, A: SendStrategy<S>> SendStrategy<S> for Option<A> {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        match self {
            Some(strategy) => strategy.execute(cx, request, inner).await,
            None => inner.send(cx, request).await,
        }
    }
}

/// The strategy that adds nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity;

impl<S: MessageSender> SendStrategy<S> for Identity {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        inner.send(cx, request).await
    }

    fn execute_through(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        inner: &mut impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>> {
        inner.send(cx, request)
    }
}

/// What a strategy wraps: the strategies listed before it, and the sender.
pub trait Pipeline<S: MessageSender> {
    /// Sends `request` once through all of them.
    ///
    /// # Errors
    ///
    /// `Err` when there is no answer of the service.
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>>;
}

impl<S: MessageSender, P: Pipeline<S>> Pipeline<S> for &mut P {
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>> {
        (**self).send(cx, request)
    }
}

/// All that a strategy sees of the runner: the request's state, the time, the queue's tail.
pub trait Context<S: MessageSender> {
    /// The time that this runner lives in.
    type Timer: Timer;

    /// The request's id, the same as its ticket's; a re-queued round keeps it.
    fn id(&self) -> RequestId;

    /// How often this round of the request has been handed to the sender so far.
    fn attempts(&self) -> u32;

    /// How often the request has been re-queued: 0 in its first round.
    fn cycle(&self) -> u32;

    /// Returns true if the service may have got the request by now, in this round. A strategy that sends it again then may
    /// send it twice.
    fn may_have_arrived(&self) -> bool {
        self.arrival().unwrap_or(self.attempts() > 0)
    }

    /// Returns whether the request may have arrived, if that is known from more than the attempts.
    #[doc(hidden)]
    fn arrival(&self) -> Option<bool> {
        None
    }

    /// The timer, for a future that outlives the borrow of the context.
    fn timer(&self) -> Self::Timer;

    /// The present time.
    fn now(&self) -> Instant {
        self.timer().now()
    }

    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let timer = self.timer();
        async move { timer.sleep(duration).await }
    }

    /// Waits until `deadline`, and never less.
    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        let timer = self.timer();
        async move { timer.sleep_until(deadline).await }
    }

    /// Whether the runner is closing: what is queued is still sent, nothing new is taken.
    fn is_closing(&self) -> bool;

    /// Puts `request` at the queue's tail, behind those waiting. Fire and forget: it has no ticket, its
    /// responses go to the results.
    ///
    /// # Errors
    ///
    /// Once the runner is closing the request comes back, so that a drain always ends.
    fn requeue(&mut self, request: S::Request) -> Result<(), RequeueError<S::Request>>;

    /// Before when nothing may be sent, if a rejection asked for a wait (see
    /// [`retry_after`](MessageSender::retry_after)) or [`hold_until`](Self::hold_until) was called. It may have
    /// passed already.
    ///
    /// Retries and delays wait for this instant and the runner for what is then left of it, so that no wait is
    /// served twice.
    fn not_before(&self) -> Option<Instant>;

    /// Returns true if a rejection may ask for `wait`; see [`longest_wait`](crate::runner::Builder::longest_wait).
    fn accepts_wait(&self, wait: Duration) -> bool {
        let _ = wait;
        true
    }

    /// Lets the runner send nothing before `deadline`. Waits merge: the latest counts.
    fn hold_until(&mut self, deadline: Instant);

    /// Counts a request that was not even offered for re-queuing, as the runner is closing.
    #[doc(hidden)]
    fn count_dropped_requeue(&mut self) {}

    /// Counts a call of the sender. The innermost pipeline does this.
    #[doc(hidden)]
    fn begin_attempt(&mut self);

    /// Tells that a retry follows, after `wait` or when the service permits it.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "for strategies of ours")]
    fn note_retry(&self, wait: Option<Nanos>) {
        let _ = wait;
    }

    /// Returns a function of when a limiter last admitted this request: to be asked when its send has ended, or is dropped.
    #[doc(hidden)]
    fn admissions(&self) -> impl Fn() -> Option<Instant> + use<Self, S> {
        || None
    }

    /// Notes that a limiter admits a send at `now`.
    #[doc(hidden)]
    fn admit(&mut self, now: Instant) {
        let _ = now;
    }
}
