//! The containment of user code: wakers, destructors and subscribers may panic, and must harm no request but their own.

use crate::error::Panic;

/// Runs `work`, which runs code of users. Returns its panic if it panicked. Without `std` a panic ends the program.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    #[cfg(not(feature = "std"))]
    return Ok(work());
    // The crate's own state is updated before user code runs.
    #[cfg(feature = "std")]
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(Panic::from_payload)
}

/// Runs `work`, which drops values of users, or calls their wakers or subscribers. Returns `None` if it panicked.
pub(crate) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch(work).ok()
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::boxed::Box;

    use super::*;

    /// Panics when it is dropped, with another one.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new(Self));
        }
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_goes_no_further() {
        assert_eq!(contain(|| std::panic::resume_unwind(Box::new(Bomb))), None::<()>);
        assert_eq!(contain(|| drop(Bomb)), None);
        assert_eq!(contain(|| 7), Some(7));
    }
}
