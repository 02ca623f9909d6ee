//! The program's end: an exit code for the host, through semihosting.

use core::panic::PanicInfo;

use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hprintln;

/// Ends QEMU with exit code 0.
pub fn success() -> ! {
    debug::exit(EXIT_SUCCESS);
    halt()
}

/// Ends QEMU with exit code 1.
pub fn failure() -> ! {
    debug::exit(EXIT_FAILURE);
    halt()
}

/// Prints the panic, and ends QEMU with exit code 1.
pub fn panicked(info: &PanicInfo<'_>) -> ! {
    hprintln!("{info}");
    failure()
}

/// Sleeps forever, for the case that no debugger takes the exit code.
fn halt() -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}
