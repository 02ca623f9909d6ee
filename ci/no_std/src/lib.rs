//! Uses the crate as firmware would: the strategies without a heap, the whole runner with one.
#![no_std]

use core::future::{Future, ready};
use core::pin::pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context as TaskContext, Poll, Waker};
use core::time::Duration;

use telegram_sender::RequestId;
use telegram_sender::error::RequeueError;
use telegram_sender::runtime::{Instant, Timer};
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::{
    CompositeStrategy, Delay, Jitter, MessageResponse, MessageSender, RateLimiter, Requeue, Retry,
    SendStrategy, Timeout,
};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn abort() -> !;
    }
    abort()
}

/// A clock that only sleeps advance.
#[derive(Clone, Copy)]
struct Ticks;

static NOW: AtomicU64 = AtomicU64::new(0);

impl Timer for Ticks {
    fn now(&self) -> Instant {
        Instant::from_nanos(NOW.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        NOW.fetch_add(duration.as_nanos() as u64, Ordering::Relaxed);
        ready(())
    }
}

/// A sender that rejects every other reading.
struct Uart(AtomicU64);

impl MessageSender for Uart {
    type Request = u32;
    type Message = u32;
    type Rejection = u8;
    type Error = ();

    async fn send_message(&self, reading: &u32) -> Result<MessageResponse<Self>, ()> {
        let rejects = self.0.fetch_add(1, Ordering::Relaxed) % 2 == 0;
        Ok(if rejects { Err(7) } else { Ok(*reading) })
    }
}

/// A minimal context.
#[derive(Default)]
struct Bench {
    attempts: u32,
    not_before: Option<Instant>,
    requeued: u32,
}

impl Context<Uart> for Bench {
    type Timer = Ticks;

    fn id(&self) -> RequestId {
        RequestId::new(1)
    }
    fn attempts(&self) -> u32 {
        self.attempts
    }
    fn cycle(&self) -> u32 {
        0
    }
    fn timer(&self) -> Ticks {
        Ticks
    }
    fn is_closing(&self) -> bool {
        false
    }
    fn requeue(&mut self, _: u32) -> Result<(), RequeueError<u32>> {
        self.requeued += 1;
        Ok(())
    }
    fn not_before(&self) -> Option<Instant> {
        self.not_before
    }
    fn hold_until(&mut self, deadline: Instant) {
        self.not_before = self.not_before.max(Some(deadline));
    }
    fn begin_attempt(&mut self) {
        self.attempts += 1;
    }
}

struct Direct<'a>(&'a Uart);

impl Pipeline<Uart> for Direct<'_> {
    async fn send(&mut self, cx: &mut impl Context<Uart>, reading: &u32) -> Outcome<Uart> {
        cx.begin_attempt();
        Ok(self.0.send_message(reading).await.unwrap_or(Err(0)))
    }
}

fn strategies() -> impl SendStrategy<Uart> {
    let second = Duration::from_secs(1);
    let Ok(timeout) = Timeout::new(second) else { panic!() };
    let Ok(limiter) = RateLimiter::<[Instant; 3]>::with_array(second) else { panic!() };
    let Ok(jitter) = Jitter::with_seed(2, second, 0.5, 42) else { panic!() };
    CompositeStrategy::new()
        .with(timeout)
        .with(limiter)
        .with(Retry::new(3, second))
        .with(jitter)
        .with(Requeue::cycles(1))
        .with(Delay::new(second))
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = TaskContext::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

/// Returns 0 on success.
#[unsafe(no_mangle)]
pub extern "C" fn strategies_without_a_heap() -> i32 {
    let uart = Uart(AtomicU64::new(0));
    let mut bench = Bench::default();
    let outcome = block_on(strategies().execute(&mut bench, &42, Direct(&uart)));
    i32::from(outcome != Ok(Ok(42)) || bench.attempts != 2 || bench.requeued != 1)
}

#[cfg(feature = "alloc")]
mod heap {
    //! The whole runner, on a heap that only grows.

    use core::alloc::{GlobalAlloc, Layout};
    use core::cell::UnsafeCell;
    use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use telegram_sender::SenderRunner;
    use telegram_sender::runner::Exit;

    use super::{Ticks, Uart, block_on, strategies};

    const SIZE: usize = 1 << 16;

    struct Bump(UnsafeCell<[u64; SIZE / 8]>, AtomicUsize);

    // SAFETY: each allocation is a separate part of the array.
    unsafe impl Sync for Bump {}

    // SAFETY: each allocation is a separate part of the array, and its address is aligned as its layout asks.
    unsafe impl GlobalAlloc for Bump {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let start = self.0.get().cast::<u8>();
            let Ok(before) = self.1.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |used| {
                let end =
                    (start as usize + used).next_multiple_of(layout.align()) - start as usize + layout.size();
                (end <= SIZE).then_some(end)
            }) else {
                return core::ptr::null_mut();
            };
            let offset = (start as usize + before).next_multiple_of(layout.align()) - start as usize;
            // SAFETY: the offset and the size fit, as was just checked.
            unsafe { start.add(offset) }
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static HEAP: Bump = Bump(UnsafeCell::new([0; SIZE / 8]), AtomicUsize::new(0));

    /// Returns 0 on success.
    #[unsafe(no_mangle)]
    pub extern "C" fn runner_on_a_heap() -> i32 {
        let (runner, worker) =
            SenderRunner::builder(Uart(AtomicU64::new(0))).strategy(strategies()).prepare(Ticks).run();
        let Ok(ticket) = runner.try_request(42) else { return 1 };
        drop(runner);
        if block_on(worker) != Ok(Exit::Drained) {
            return 2;
        }
        i32::from(block_on(ticket) != Ok(42)) * 3
    }
}
