//! The containment of panics of what users gave, where they would harm other requests than their own.

/// Runs what drops what users gave, or calls their wakers or subscribers: a panic there ends nothing here, and gives `None`.
pub(crate) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    #[cfg(not(feature = "std"))]
    return Some(work());
    // What is ours in there is changed before foreign code runs.
    #[cfg(feature = "std")]
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}
