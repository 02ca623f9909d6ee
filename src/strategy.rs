//! Strategies decide how, when and how often a request is sent. List the built-in ones in
//! [`Builder::strategy`](crate::runner::Builder::strategy), nearest to the sender first.
//!
//! - [`RateLimiter`] and [`Delay`] slow requests down, [`Timeout`] bounds a send, [`Retry`] and [`Jitter`] send again
//!   what failed, [`Requeue`] what was answered.
//! - [`CompositeStrategy`] names a fixed list, [`Chain`] one that is known at run time only, as from configuration.
//! - [`SendStrategy`] is the trait to implement: it wraps a [`Pipeline`], and sees only a [`Context`], no runtime or
//!   storage.

#[cfg(feature = "alloc")]
mod chain;
mod composite;
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

/// The outcome of a send as strategies see it: an answer of the service, or the reason why there is none.
pub type Outcome<S> = Result<MessageResponse<S>, NoAnswer<<S as MessageSender>::Error>>;

/// Decides how, when and how often a request is sent.
///
/// The first strategy listed is nearest to the sender. This is the reverse of tower's `ServiceBuilder`, where the
/// first layer is the outermost.
///
/// A strategy wraps the strategies listed *before* it, down to the sender: `inner` is all of them. It calls
/// [`inner.send`](Pipeline::send) zero, one or many times, waits if it needs to, and returns an outcome. A retry
/// listed after a limiter re-sends through that limiter. A limiter listed after a retry waits once for the whole
/// retried send.
///
/// One worker owns its strategies, so `execute` takes `&mut self` and state needs no lock. Panics are caught (with
/// `std`) and fail only that request, so leave the state sound if you call code that may panic.
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
/// Name the type that the function returns. `impl SendStrategy<S>` hides whether the strategy's futures are `Send`,
/// so a runner with it starts on local executors only (`LocalExecutor`, `LocalSet`). The type of a nest of strategies
/// is made of its parts, innermost first. A [`Chain`] has a short name whatever it contains.
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
    /// Returns `Err` if there is no answer of the service, with the reason of `inner` or of this strategy.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped if an outer [`Timeout`] expires or the runner is aborted.
    fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        inner: impl Pipeline<S>,
    ) -> impl Future<Output = Outcome<S>>;

    /// Does the same as [`execute`](Self::execute) with an `inner` that outlives the future, so that a strategy that
    /// only passes a request on needs no future of its own.
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

/// Passes requests on if it is `None`, so that a strategy can be left out at run time.
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

/// Passes each request on and adds nothing.
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

/// The inner part that a strategy wraps: the strategies listed before it, down to the sender.
pub trait Pipeline<S: MessageSender> {
    /// Sends `request` once through all of these strategies.
    ///
    /// # Errors
    ///
    /// Returns `Err` if there is no answer of the service.
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>>;
}

impl<S: MessageSender, P: Pipeline<S>> Pipeline<S> for &mut P {
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>> {
        (**self).send(cx, request)
    }
}

/// Shows a strategy its request and the runner: the state of the request, the time, and the tail of the queue.
pub trait Context<S: MessageSender> {
    /// The timer of this runner.
    type Timer: Timer;

    /// Returns the request's id, the same as its ticket's. A re-queued round keeps it.
    fn id(&self) -> RequestId;

    /// Returns how often the sender was called in this round of the request so far.
    fn attempts(&self) -> u32;

    /// Returns how often the request was re-queued: 0 in its first round.
    fn cycle(&self) -> u32;

    /// Returns true if the service may have received the request by now, in this round. A strategy that sends it
    /// again then may send it twice.
    fn may_have_arrived(&self) -> bool {
        self.arrival().unwrap_or(self.attempts() > 0)
    }

    /// Returns true if the request may have arrived, false if it surely did not, `None` if only the attempts are
    /// known.
    #[doc(hidden)]
    fn arrival(&self) -> Option<bool> {
        None
    }

    /// Returns the timer, for a future that outlives the borrow of the context.
    fn timer(&self) -> Self::Timer;

    /// Returns the current time.
    fn now(&self) -> Instant {
        self.timer().now()
    }

    /// Waits for `duration`.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let timer = self.timer();
        async move { timer.sleep(duration).await }
    }

    /// Waits until `deadline`, never less.
    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        let timer = self.timer();
        async move { timer.sleep_until(deadline).await }
    }

    /// Returns true if the runner is closing: it still sends what is queued, and takes no new requests.
    fn is_closing(&self) -> bool;

    /// Puts `request` at the tail of the queue, behind the waiting requests. It has no ticket: its responses go to
    /// the results only.
    ///
    /// # Errors
    ///
    /// Returns the request once the runner is closing, so that a drain always ends. A full `FixedStorage` also
    /// returns it, unless it is the first round that this request puts back.
    fn requeue(&mut self, request: S::Request) -> Result<(), RequeueError<S::Request>>;

    /// Returns the instant before which nothing may be sent, if a rejection asked for a wait (see
    /// [`retry_after`](MessageSender::retry_after)) or [`hold_until`](Self::hold_until) was called. It may have
    /// passed already.
    ///
    /// Retries and delays wait until this instant, and the runner waits for the rest of it, so that no wait is served
    /// twice.
    fn not_before(&self) -> Option<Instant>;

    /// Returns true if the runner serves a flood wait of `wait`; see
    /// [`longest_wait`](crate::runner::Builder::longest_wait).
    fn accepts_wait(&self, wait: Duration) -> bool {
        let _ = wait;
        true
    }

    /// Keeps the runner from sending anything before `deadline`. Of several deadlines the latest counts.
    fn hold_until(&mut self, deadline: Instant);

    /// Counts a request that was not offered for re-queuing, because the runner is closing.
    #[doc(hidden)]
    fn count_dropped_requeue(&mut self) {}

    /// Counts a call of the sender. The innermost pipeline does this.
    #[doc(hidden)]
    fn begin_attempt(&mut self);

    /// Notes that a retry follows, after `wait`, or when the service permits it.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "for strategies of ours")]
    fn note_retry(&self, wait: Option<Nanos>) {
        let _ = wait;
    }

    /// Returns a function that reads when a limiter last admitted a request, to be called once the send has ended or
    /// is dropped.
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
