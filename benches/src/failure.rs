//! The error of a measurement, a read or a write.

/// Any error, from any thread.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
