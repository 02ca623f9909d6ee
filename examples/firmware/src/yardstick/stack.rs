//! Measures how deep the stack was: it is painted, and later the missing paint shows the depth.

use core::ptr::{read_volatile, write_volatile};

use cortex_m::register::msp;

const PAINT: u32 = 0xb0b0_b0b0;
/// The extent of the paint below the present depth, in words.
const WORDS: usize = 4 * 1024;
/// The space left free for the painter itself, in words.
const MARGIN: usize = 32;

unsafe extern "C" {
    /// The start of the stack, from cortex-m-rt's linker script.
    static _stack_start: u32;
}

/// Paints the memory below the stack.
pub fn paint() {
    let top = msp::read() as usize as *mut u32;
    for word in MARGIN..WORDS {
        // SAFETY: the memory below the stack pointer is unused. An interrupt that writes there ends before the
        // painter goes on. The board has far more memory than this between the stack and the variables.
        unsafe { write_volatile(top.sub(word), PAINT) };
    }
}

/// Returns the number of bytes, from the start of the stack, that were used since it was painted.
pub fn used() -> usize {
    let start = &raw const _stack_start;
    // Begins a little above the deepest paint, because `paint` may have been called at a smaller depth.
    let mut deepest = (msp::read() as usize as *const u32).wrapping_sub(WORDS - 8 * MARGIN);
    // SAFETY: this reads memory that `paint` has written, or the stack.
    while deepest < start && unsafe { read_volatile(deepest) } == PAINT {
        deepest = deepest.wrapping_add(1);
    }
    start as usize - deepest as usize
}
