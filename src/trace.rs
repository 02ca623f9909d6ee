//! The runner's spans and events for `tracing`, in one place. Without the feature they are empty functions that
//! compile to nothing. No other file checks the feature.

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(feature = "tracing")]
mod enabled;

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::*;
#[cfg(feature = "tracing")]
pub(crate) use enabled::*;
