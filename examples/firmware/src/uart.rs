//! The serial port: the CMSDK UART of the MPS2 boards. An interrupt takes the bytes that arrive. Bytes to send are
//! written as the port accepts them.

use core::ptr::{read_volatile, write_volatile};

use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;
use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;

use crate::exit;

const BASE: usize = 0x4000_4000;
const DATA: *mut u32 = BASE as *mut u32;
const STATE: *mut u32 = (BASE + 0x04) as *mut u32;
const CTRL: *mut u32 = (BASE + 0x08) as *mut u32;
const INT_CLEAR: *mut u32 = (BASE + 0x0c) as *mut u32;
const BAUD_DIVISOR: *mut u32 = (BASE + 0x10) as *mut u32;

/// Bits of `STATE`.
const SEND_FULL: u32 = 1 << 0;
const RECEIVE_FULL: u32 = 1 << 1;
/// Bits of `CTRL`: sending, receiving, and the interrupt of receiving.
const ENABLE: u32 = 1 << 0 | 1 << 1 | 1 << 3;
/// A bit of `INT_CLEAR`.
const RECEIVED_BYTE: u32 = 1 << 1;
/// The number of the interrupt at the processor.
const RECEIVE_INTERRUPT: i16 = 0;

/// The bytes that have arrived and were not read yet.
static RECEIVED: Pipe<CriticalSectionRawMutex, 256> = Pipe::new();

/// Opens the port. Call it once.
pub fn open() {
    // SAFETY: these are the port's registers, and the processor's, as the board's manual lists them. No other code
    // uses them, and the interrupt has a handler.
    unsafe {
        write_volatile(BAUD_DIVISOR, 16);
        write_volatile(CTRL, ENABLE);
        (*NVIC::PTR).iser[0].write(1 << RECEIVE_INTERRUPT);
    }
}

/// Sends all bytes.
pub async fn write(bytes: &[u8]) {
    for byte in bytes {
        while !try_write(*byte) {
            yield_now().await;
        }
    }
}

/// Sends a byte and returns true, if the port can take one.
pub fn try_write(byte: u8) -> bool {
    // SAFETY: the registers are those of `open`. Reading the state and writing data have no other effect.
    unsafe {
        if read_volatile(STATE) & SEND_FULL != 0 {
            return false;
        }
        write_volatile(DATA, u32::from(byte));
    }
    true
}

/// Waits for the next byte. Dropping the future takes none.
pub async fn read() -> u8 {
    let mut byte = [0];
    RECEIVED.read(&mut byte).await;
    byte[0]
}

/// Handles every interrupt that has no handler of its own. Only the port's is enabled.
#[exception]
unsafe fn DefaultHandler(interrupt: i16) {
    if interrupt != RECEIVE_INTERRUPT {
        exit::failure();
    }
    // SAFETY: the registers are those of `open`. Reading the data makes room for the next byte.
    unsafe {
        write_volatile(INT_CLEAR, RECEIVED_BYTE);
        while read_volatile(STATE) & RECEIVE_FULL != 0 {
            // Without room the byte is lost, as on any port that is not served in time.
            #[allow(clippy::cast_possible_truncation)] // a byte, in a register of 32 bits
            let _ = RECEIVED.try_write(&[read_volatile(DATA) as u8]);
        }
    }
}
