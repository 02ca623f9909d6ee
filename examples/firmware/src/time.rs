//! The time driver of embassy, on SysTick: one tick per millisecond.

use core::cell::RefCell;
use core::task::Waker;

use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_time_driver::{Driver, TICK_HZ};
use embassy_time_queue_utils::Queue;

/// The processor's clock on the MPS2 boards.
const CLOCK_HZ: u64 = 25_000_000;
const CYCLES_PER_TICK: u32 = (CLOCK_HZ / TICK_HZ) as u32;

struct SysTickDriver(Mutex<RefCell<State>>);

struct State {
    ticks: u64,
    /// The tick of the queue's next expiration.
    alarm: u64,
    queue: Queue,
}

embassy_time_driver::time_driver_impl!(static DRIVER: SysTickDriver = SysTickDriver(Mutex::new(RefCell::new(State {
    ticks: 0,
    alarm: u64::MAX,
    queue: Queue::new(),
}))));

impl SysTickDriver {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        critical_section::with(|cs| work(&mut self.0.borrow_ref_mut(cs)))
    }
}

impl Driver for SysTickDriver {
    fn now(&self) -> u64 {
        self.with(|state| state.ticks)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        self.with(|state| {
            if state.queue.schedule_wake(at, waker) {
                state.alarm = state.queue.next_expiration(state.ticks);
            }
        });
    }
}

/// Starts the clock. Call it once, before anything reads the time.
pub fn start() {
    let Some(Peripherals { SYST: mut timer, .. }) = Peripherals::take() else { return };
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(CYCLES_PER_TICK - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

/// Returns the processor's cycles since the start, for measurements. It is right only while interrupts are enabled.
pub fn cycles() -> u64 {
    loop {
        let before = DRIVER.now();
        let left = SYST::get_current();
        // A tick may end between the reads.
        if DRIVER.now() == before {
            return before * u64::from(CYCLES_PER_TICK) + u64::from(CYCLES_PER_TICK - 1 - left);
        }
    }
}

#[exception]
fn SysTick() {
    DRIVER.with(|state| {
        state.ticks += 1;
        if state.ticks >= state.alarm {
            state.alarm = state.queue.next_expiration(state.ticks);
        }
    });
}
