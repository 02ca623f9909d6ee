//! The callers of the measured programs. One makes requests now and then, to measure the program's size. The other
//! makes many in a row, to count instructions.

use core::sync::atomic::{AtomicUsize, Ordering};

use cortex_m_semihosting::hprintln;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_time::Timer;
use telegram_sender::storage::FixedStorage;

use super::{Radio, stack};
use crate::{exit, time};

const REQUESTS: u32 = 2_000;
/// Under QEMU's `-icount shift=0` an instruction takes a nanosecond; the processor's clock has 25 MHz.
const INSTRUCTIONS_PER_CYCLE: u64 = 40;

type Store<const QUEUE: usize, const TICKETS: usize> =
    FixedStorage<CriticalSectionRawMutex, Radio, QUEUE, TICKETS, 0>;

static FUTURE_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Stores a worker's size for the report, and returns the worker.
pub fn note_future<F>(worker: F) -> F {
    FUTURE_BYTES.store(size_of::<F>(), Ordering::Relaxed);
    worker
}

/// Makes a request every ten milliseconds.
pub async fn sample(send: impl AsyncFn(u32) -> Option<u32>) {
    let mut reading = 0;
    loop {
        if send(reading).await != Some(reading) {
            exit::failure();
        }
        reading += 1;
        Timer::after_millis(10).await;
    }
}

/// Makes requests, one after another, and reports what they cost.
pub async fn measure(send: impl AsyncFn(u32) -> Option<u32>) {
    stack::paint();
    let before = time::cycles();
    for reading in 0..REQUESTS {
        if send(reading).await != Some(reading) {
            exit::failure();
        }
    }
    let cycles = time::cycles() - before;
    let stack = stack::used();
    hprintln!("instructions {}", cycles * INSTRUCTIONS_PER_CYCLE / u64::from(REQUESTS));
    hprintln!("stack {stack}");
    let [store, longer_queue, more_tickets] =
        [size_of::<Store<8, 8>>(), size_of::<Store<9, 8>>(), size_of::<Store<8, 9>>()];
    hprintln!("store {store} {} {}", longer_queue - store, more_tickets - store);
    hprintln!("future {}", FUTURE_BYTES.load(Ordering::Relaxed));
    exit::success();
}
