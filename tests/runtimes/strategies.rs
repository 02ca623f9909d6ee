//! A chain of every strategy there is.

/// Every built-in strategy, one of them twice, each such that it changes nothing: this needs no higher recursion limit.
///
/// A macro, as behind an `impl SendStrategy` nobody could see that the worker is `Send`.
macro_rules! all_strategies {
    () => {{
        use std::time::Duration;
        use telegram_sender::{CompositeStrategy, Delay, Jitter, RateLimiter, Requeue, Retry, Timeout};
        let second = Duration::from_secs(1);
        CompositeStrategy::new()
            .with(Timeout::new(60 * second).unwrap())
            .with(RateLimiter::new(1000, second).unwrap())
            .with(RateLimiter::new(1000, second).unwrap())
            .with(Retry::new(2, second))
            .with(Jitter::new(2, second, 0.5).unwrap())
            .with(Requeue::cycles(0))
            .with(Some(Delay::new(Duration::ZERO)))
    }};
}

pub(crate) use all_strategies;
