//! The embassy backend: a timer on `embassy-time` and, with an allocator, embassy's spawners for any future.

#[cfg(feature = "alloc")]
mod spawner;

use core::future::Future;
use core::pin::Pin;
use core::task::{self, Poll};
use core::time::Duration;

use super::nanos::{Nanos, div_rem};
use super::{Instant, Timer};

/// The timer of [embassy-time](https://docs.rs/embassy-time). The firmware provides its driver.
///
/// Instants count from the driver's start, in steps of its tick.
///
/// # On a chip without an allocator
///
/// The runner's storage is a `static`. A concrete task builds the runner and runs its worker. The other tasks get
/// the handle through a second `static`, or the same task spawns them:
///
/// ```
/// use core::time::Duration;
///
/// use embassy_executor::Spawner;
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use telegram_sender::runner::Builder;
/// use telegram_sender::storage::FixedStorage;
/// use telegram_sender::{Embassy, MessageResponse, MessageSender, RateLimiter, Retry, SenderRunner, Timeout};
///
/// struct Radio;
///
/// impl MessageSender for Radio {
///     type Request = u32;
///     type Message = u32;
///     type Rejection = ();
///     type Error = ();
///
///     async fn send_message(&self, reading: &u32) -> Result<MessageResponse<Self>, ()> {
///         Ok(Ok(*reading)) // here it would talk to the radio
///     }
/// }
///
/// // Room for 8 requests and as many tickets; no results are kept.
/// type Store = FixedStorage<CriticalSectionRawMutex, Radio, 8, 8, 0>;
/// type Runner = SenderRunner<Radio, Embassy, &'static Store>;
///
/// #[embassy_executor::task]
/// async fn sender(spawner: Spawner) {
///     static STORE: Store = FixedStorage::new();
///     let (runner, worker) = Builder::new(Radio)
///         .strategy(Timeout::new(Duration::from_secs(2)).unwrap())
///         .strategy(RateLimiter::<[_; 4]>::with_array(Duration::from_secs(1)).unwrap())
///         .strategy(Retry::new(3, Duration::from_millis(200)))
///         .prepare_in(&STORE, Embassy)
///         .expect("a storage is used once")
///         .run();
///     spawner.spawn(sensor(runner).unwrap());
///     // Runs the worker, which ends once the sensor's handle is dropped and everything was sent.
///     worker.await.expect("the radio opened");
///     # DONE.store(true, core::sync::atomic::Ordering::SeqCst);
/// }
///
/// #[embassy_executor::task]
/// async fn sensor(runner: Runner) {
///     let ticket = runner.request(21).await.expect("nobody closes it");
///     assert_eq!(ticket.await, Ok(21));
/// }
/// # static DONE: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);
/// # let executor = Box::leak(Box::new(embassy_executor::Executor::new()));
/// # let done = || DONE.load(core::sync::atomic::Ordering::SeqCst);
/// # executor.run_until(|spawner| spawner.spawn(sender(spawner).unwrap()), done);
/// ```
///
/// # On a chip with an allocator
///
/// References to embassy's `Spawner` and `SendSpawner` are [`Spawner`](crate::runtime::Spawner)s of any future, so
/// a runner starts as on other runtimes. The future is boxed. The box is freed when the worker ends, and the next
/// worker reuses embassy's task storage.
///
/// ```
/// # #[cfg(not(feature = "alloc"))] fn main() {}
/// # #[cfg(feature = "alloc")] fn main() {
/// use embassy_executor::Spawner;
/// use telegram_sender::runner::Exit;
/// use telegram_sender::{Embassy, MessageResponse, MessageSender, SenderRunner};
///
/// # struct Radio;
/// # impl MessageSender for Radio {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// #[embassy_executor::task]
/// async fn main_task(spawner: Spawner) {
///     let runner = SenderRunner::builder(Radio).prepare(Embassy).start(&spawner).await.expect("the radio opened");
///     let ticket = runner.request(21).await.expect("it is open");
///     assert_eq!(ticket.await, Ok(21));
///     assert_eq!(runner.close().await, Exit::Drained);
///     # DONE.store(true, core::sync::atomic::Ordering::SeqCst);
/// }
/// # static DONE: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);
/// # let executor = Box::leak(Box::new(embassy_executor::Executor::new()));
/// # let done = || DONE.load(core::sync::atomic::Ordering::SeqCst);
/// # executor.run_until(|spawner| spawner.spawn(main_task(spawner).unwrap()), done);
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Embassy;

impl Timer for Embassy {
    fn now(&self) -> Instant {
        Instant::from_nanos(embassy_time::Instant::now().as_nanos())
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> {
        Until(Nanos::new(deadline.as_nanos()))
    }
}

/// A sleep until a deadline, in nanoseconds since the epoch. It consists of words, so that it leaves no padding in
/// a future that holds it.
struct Until(Nanos);

impl Future for Until {
    type Output = ();

    #[inline(never)] // one copy for all sleeps
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        let deadline = Instant::from_nanos(self.0.get());
        if Embassy.now() >= deadline {
            return Poll::Ready(());
        }
        // A new alarm only registers the waker with the driver.
        let mut alarm = embassy_time::Timer::at(embassy_time::Instant::from_ticks(ticks_at(deadline)));
        Pin::new(&mut alarm).poll(cx)
    }
}

/// Returns the first tick that is not before `instant`.
#[expect(clippy::cast_possible_truncation, reason = "both are at most a billion")]
const fn ticks_at(instant: Instant) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    const TICKS: u64 = embassy_time::TICK_HZ;
    const COMMON: u64 = common_divisor(SECOND, TICKS);
    // `NANOS` nanoseconds are exactly `TICKS / COMMON` ticks.
    const NANOS: u32 = (SECOND / COMMON) as u32;
    const { assert!(TICKS <= SECOND, "a tick takes a nanosecond or more") };
    let (whole, nanos) = div_rem::<NANOS>(instant.as_nanos());
    let (ticks, left) = div_rem::<NANOS>(nanos as u64 * (TICKS / COMMON));
    whole * (TICKS / COMMON) + ticks + (left > 0) as u64
}

const fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tick_is_too_early_and_none_is_too_late() {
        let mut random = fastrand::Rng::with_seed(1);
        let others = (0..1_000).map(|round| random.u64(..) >> (round % 64));
        for nanos in [0, 1, 999, 1_000, 1_001, u64::MAX - 1, u64::MAX].into_iter().chain(others) {
            let exact = u128::from(nanos) * u128::from(embassy_time::TICK_HZ);
            assert_eq!(u128::from(ticks_at(Instant::from_nanos(nanos))), exact.div_ceil(1_000_000_000));
        }
    }
}
