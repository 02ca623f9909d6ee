//! A chain of every built-in strategy.

/// Makes a chain of every built-in strategy, one of them twice, that changes nothing. It needs no higher recursion
/// limit.
///
/// This is a macro, because an `impl SendStrategy` would hide from the compiler that the worker is `Send`.
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
