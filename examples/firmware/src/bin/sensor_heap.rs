//! The sensor with an allocator: the runner lives on the heap, and embassy's spawner runs its worker.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use cortex_m_semihosting::hprintln;
use embassy_executor::Spawner;
use embedded_alloc::LlffHeap;
use firmware::gateway::Gateway;
use firmware::sensor::{TICKETS, limiter, retry, timeout};
use firmware::{exit, sensor, time, uart};
use telegram_sender::runner::{KeepResults, Overflow};
use telegram_sender::{Embassy, SenderRunner};

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

const HEAP_SIZE: usize = 16 * 1024;
static mut MEMORY: [MaybeUninit<u8>; HEAP_SIZE] = [MaybeUninit::uninit(); HEAP_SIZE];

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    // SAFETY: called once, before anything allocates, with memory that has no other use.
    unsafe { HEAP.init(&raw mut MEMORY as usize, HEAP_SIZE) };
    time::start();
    uart::open();
    let (gateway, numbers) = Gateway::greet().await;
    let runner = SenderRunner::builder(gateway)
        .strategy(timeout().unwrap())
        .strategy(limiter().unwrap())
        .strategy(retry())
        .queue_capacity(TICKETS)
        .unwrap()
        .results(KeepResults::while_read().bounded(2, Overflow::Wait).unwrap())
        .prepare(Embassy)
        .start(&spawner)
        .await
        .unwrap();
    let used = HEAP.used();
    sensor::send(runner, numbers).await;
    hprintln!("heap: {used} bytes with the runner, {} after it", HEAP.used());
    exit::success();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    exit::panicked(info)
}
