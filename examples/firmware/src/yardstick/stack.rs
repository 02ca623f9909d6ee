//! How deep the stack was: it is painted, and later one sees how far the paint is gone.

use core::ptr::{read_volatile, write_volatile};

use cortex_m::register::msp;

const PAINT: u32 = 0xb0b0_b0b0;
/// How far below the present depth is painted, in words.
const WORDS: usize = 4 * 1024;
/// What is left free for the painter itself, in words.
const MARGIN: usize = 32;

unsafe extern "C" {
    /// Where the stack begins, by cortex-m-rt's linker script.
    static _stack_start: u32;
}

/// Paints what lies below the stack.
pub fn paint() {
    let top = msp::read() as usize as *mut u32;
    for word in MARGIN..WORDS {
        // SAFETY: below the stack's pointer is nobody's memory; an interrupt that writes there has ended before the
        // painter goes on. The board has far more than this between the stack and the variables.
        unsafe { write_volatile(top.sub(word), PAINT) };
    }
}

/// How many bytes of the stack have been used since it was painted, from where it begins.
pub fn used() -> usize {
    let start = &raw const _stack_start;
    // From nearly as deep as was painted, as it may have been painted from less deep.
    let mut deepest = (msp::read() as usize as *const u32).wrapping_sub(WORDS - 8 * MARGIN);
    // SAFETY: as in `paint`; this reads what was painted there, or the stack.
    while deepest < start && unsafe { read_volatile(deepest) } == PAINT {
        deepest = deepest.wrapping_add(1);
    }
    start as usize - deepest as usize
}
