//! Size: the runner with a timeout, a limiter and retries, on the heap.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::time::Duration;

use embassy_executor::Spawner;
use embedded_alloc::LlffHeap;
use firmware::yardstick::{QUEUE, Radio, sample};
use firmware::{exit, time, uart};
use telegram_sender::{Embassy, RateLimiter, Retry, SenderRunner, Timeout};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

const HEAP_SIZE: usize = 16 * 1024;
static mut MEMORY: [MaybeUninit<u8>; HEAP_SIZE] = [MaybeUninit::uninit(); HEAP_SIZE];

const SECOND: Duration = Duration::from_secs(1);

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    // SAFETY: called once, before anything allocates, with memory that has no other use.
    unsafe { HEAP.init(&raw mut MEMORY as usize, HEAP_SIZE) };
    time::start();
    uart::open();
    let Ok(timeout) = Timeout::new(SECOND) else { exit::failure() };
    let Ok(limiter) = RateLimiter::<[_; 8]>::with_array(SECOND) else { exit::failure() };
    let builder = SenderRunner::builder(Radio)
        .strategy(timeout)
        .strategy(limiter)
        .strategy(Retry::new(3, SECOND))
        .queue_capacity(QUEUE);
    let Ok(builder) = builder else { exit::failure() };
    let Ok(runner) = builder.prepare(Embassy).start(&spawner).await;
    sample(async |reading| match runner.request(reading).await {
        Ok(ticket) => ticket.await.ok(),
        Err(_) => None,
    })
    .await;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit::failure()
}
