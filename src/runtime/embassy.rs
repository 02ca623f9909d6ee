//! The embassy backend: a timer on `embassy-time`; with an allocator, embassy's spawners as spawners of any future.

#[cfg(feature = "alloc")]
mod spawner;

use core::future::Future;
use core::time::Duration;

use super::{Instant, Timer};

/// The time of [`embassy-time`](embassy_time): its driver is the firmware's.
///
/// Instants count from the driver's start, in steps of its tick.
///
/// # On a chip without an allocator
///
/// The runner lives in a `static`, and a concrete task builds it and is its worker. Its handle goes to the other tasks
/// by a second `static`, or the tasks are spawned from here:
///
/// ```
/// use core::time::Duration;
///
/// use embassy_executor::Spawner;
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use telegram_sender::{
///     Builder, Embassy, FixedStorage, MessageResponse, MessageSender, RateLimiter, Retry, SenderRunner, Timeout,
/// };
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
///     // The worker: it ends once the sensor's handle is gone and everything was sent.
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
/// References to embassy's `Spawner` and `SendSpawner` are [`Spawner`](crate::Spawner)s of any future, so a runner starts as it does
/// anywhere else. The future is boxed; the box is freed when the worker ends, and embassy's task storage serves the next
/// worker.
///
/// ```
/// # #[cfg(not(feature = "alloc"))] fn main() {}
/// # #[cfg(feature = "alloc")] fn main() {
/// use embassy_executor::Spawner;
/// use telegram_sender::{Embassy, Exit, MessageResponse, MessageSender, SenderRunner};
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
        // Longer than embassy can count, it is until the end of its time.
        let deadline = u64::try_from(duration.as_nanos())
            .ok()
            .and_then(embassy_time::Duration::try_from_nanos)
            .and_then(|duration| embassy_time::Instant::now().checked_add(duration))
            .unwrap_or(embassy_time::Instant::MAX);
        embassy_time::Timer::at(deadline)
    }
}
