//! What the runner tells `tracing`, in one place: with the feature it is told, without it these are empty functions
//! that vanish. No other file asks for the feature.

#[cfg(not(feature = "tracing"))]
mod disabled;
#[cfg(feature = "tracing")]
mod enabled;

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::*;
#[cfg(feature = "tracing")]
pub(crate) use enabled::*;
