//! For tests: a deterministic runtime in virtual time. Nothing sleeps for real; a day passes in milliseconds.

mod clock;
mod executor;

pub use clock::VirtualTimer;
pub use executor::{VirtualRuntime, VirtualTask};
