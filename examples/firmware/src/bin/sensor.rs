//! The sensor without an allocator: the runner lives in a `static`, and a task is its worker.

#![no_std]
#![no_main]

use core::panic::PanicInfo;

use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use firmware::gateway::Gateway;
use firmware::sensor::{TICKETS, limiter, retry, timeout};
use firmware::{exit, sensor, time, uart};
use telegram_sender::runner::{Builder, Exit};
use telegram_sender::storage::FixedStorage;
use telegram_sender::{Embassy, SenderRunner};

/// A storage for as many requests as tickets, and for two results.
type Store = FixedStorage<CriticalSectionRawMutex, Gateway, TICKETS, TICKETS, 2>;

static STORE: Store = FixedStorage::new();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    time::start();
    uart::open();
    let (gateway, numbers) = Gateway::greet().await;
    let (runner, worker) = Builder::new(gateway)
        .strategy(timeout().unwrap())
        .strategy(limiter().unwrap())
        .strategy(retry())
        .prepare_in(&STORE, Embassy)
        .unwrap()
        .run();
    spawner.spawn(sense(runner, numbers).unwrap());
    assert_eq!(worker.await, Ok(Exit::Drained));
}

#[embassy_executor::task]
async fn sense(runner: SenderRunner<Gateway, Embassy, &'static Store>, numbers: core::ops::Range<u32>) {
    sensor::send(runner, numbers).await;
    exit::success();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    exit::panicked(info)
}
