//! The sensor with an allocator: the runner lives on the heap, and embassy's spawner runs its worker.

#![no_std]
#![no_main]

use core::panic::PanicInfo;

use embassy_executor::Spawner;
use embedded_alloc::LlffHeap;
use firmware::gateway::Gateway;
use firmware::sensor::{TICKETS, limiter, retry, timeout};
use firmware::{exit, sensor, time, uart};
use telegram_sender::{Embassy, SenderRunner};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    // SAFETY: called once, before anything allocates.
    unsafe { embedded_alloc::init!(HEAP, 8 * 1024) };
    time::start();
    uart::open();
    let (gateway, numbers) = Gateway::greet().await;
    let runner = SenderRunner::builder(gateway)
        .strategy(timeout().unwrap())
        .strategy(limiter().unwrap())
        .strategy(retry())
        .queue_capacity(TICKETS)
        .unwrap()
        .prepare(Embassy)
        .start(&spawner)
        .await
        .unwrap();
    sensor::send(runner, numbers).await;
    exit::success();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    exit::panicked(info)
}
