//! Why something could not be measured, read or written.

/// Any reason, from any thread.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
