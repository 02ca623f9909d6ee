//! Where requests, replies and results are kept: on the heap, or in a `static` on a chip.
//!
//! A runner has one storage. The handle, the tickets, the worker and the strategies are the same over every storage, with
//! the same promises.
//!
//! | storage | chosen by | made of |
//! | --- | --- | --- |
//! | `Heap` | `builder.prepare(timer)` | an `async-channel` queue and `futures` oneshots; works without `std` |
//! | `Lean` | `builder.prepare_in(Lean::new(), timer)` | a queue under a lock, and one allocation per request: faster, less memory |
//! | `FixedStorage` | `builder.prepare_in(&STORAGE, timer)` | a `static`, without an allocator |

#[cfg(all(test, feature = "std"))]
mod counting_task;
#[cfg(feature = "embassy")]
pub(crate) mod fixed;
#[cfg(feature = "alloc")]
pub(crate) mod heap;
mod seam;

#[cfg(feature = "embassy")]
pub use self::fixed::{FixedStorage, Unsent};
#[cfg(feature = "alloc")]
pub use self::heap::Heap;
#[cfg(feature = "std")]
pub use self::heap::Lean;
pub use self::seam::Storage;
pub(crate) use self::seam::{
    AnswerOf, Cancel, Enqueued, QueuedRequest, Refused, ReplierOf, Reply, Round, TicketResult, WorkerSide,
    take,
};

/// The default storage in the type of a runner. Without an allocator it has no room, so each runner's type names
/// its storage.
#[cfg(feature = "alloc")]
pub(crate) type Unnamed<S> = Heap<S>;
#[cfg(not(feature = "alloc"))]
pub(crate) type Unnamed<S> =
    &'static FixedStorage<embassy_sync::blocking_mutex::raw::NoopRawMutex, S, 0, 0, 0, 0>;
