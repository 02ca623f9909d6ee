//! The storages of the tests' runners. A suite that runs over every storage is generic over these.

use std::fmt::Debug;
use std::future::Future;

use telegram_sender::runner::{Builder, Exit, IntoWorker, Prepared};
use telegram_sender::runtime::Timer;
use telegram_sender::storage::{Heap, Lean, Storage};
use telegram_sender::testing::{VirtualRuntime, VirtualTimer};
use telegram_sender::{MessageSender, SendStrategy, SenderRunner};

/// Makes a test over each storage from functions that are generic over a [`Store`]. Unless told otherwise, the fixed one
/// has room for 16 requests and 16 results.
macro_rules! over_every_storage {
    (Fixed<$size:literal, $results:literal>: $($test:ident),* $(,)?) => {
        over_heap_storages!($($test),*);
        #[cfg(feature = "embassy")]
        mod in_the_fixed_storage {
            $(#[test] fn $test() { super::$test::<crate::common::store::Fixed<$size, $results>>(); })*
        }
    };
    ($($test:ident),* $(,)?) => {
        over_every_storage!(Fixed<16, 16>: $($test),*);
    };
}

/// Makes a test over each storage on the heap from each of these functions.
macro_rules! over_heap_storages {
    ($($test:ident),* $(,)?) => {
        mod on_the_heap {
            $(#[test] fn $test() { super::$test::<crate::common::store::OnHeap>(); })*
        }
        mod in_the_lean_storage {
            $(#[test] fn $test() { super::$test::<crate::common::store::InLean>(); })*
        }
    };
}

/// A runner in virtual time, over the storage that `B` makes.
pub(crate) type RunnerOver<B, S> = SenderRunner<S, VirtualTimer, <B as Store<S>>::Storage>;

/// Starts a runner without strategies.
pub(crate) async fn start<B, S>(runtime: &VirtualRuntime, sender: &S) -> RunnerOver<B, S>
where
    B: Store<S>,
    S: MessageSender<Error: Debug> + Clone + 'static,
{
    start_built::<B, _, _>(runtime, SenderRunner::builder(sender.clone())).await
}

/// Starts the runner that `builder` describes.
pub(crate) async fn start_built<B, S, A>(runtime: &VirtualRuntime, builder: Builder<S, A>) -> RunnerOver<B, S>
where
    B: Store<S>,
    S: MessageSender<Error: Debug> + 'static,
    A: SendStrategy<S> + 'static,
{
    B::prepare(builder, runtime.timer()).start(runtime).await.unwrap()
}

/// One kind of storage.
pub(crate) trait Store<S: MessageSender + 'static>: 'static {
    type Storage: Storage<S> + 'static;
    /// True if a request that finds room in the queue always finds room for its ticket.
    const HAS_ROOM_FOR_TICKETS: bool = true;

    /// Creates an empty storage.
    fn storage() -> Self::Storage;

    /// Prepares a runner over such a storage.
    fn prepare<A: SendStrategy<S> + 'static, T: Timer + 'static>(
        builder: Builder<S, A>,
        timer: T,
    ) -> Prepared<
        S,
        T,
        Self::Storage,
        impl IntoWorker<S, Worker = impl Future<Output = Result<Exit, S::Error>> + 'static>,
    > {
        builder.prepare_in(Self::storage(), timer).unwrap()
    }
}

/// The default storage.
pub(crate) struct OnHeap;

impl<S: MessageSender + 'static> Store<S> for OnHeap {
    type Storage = Heap<S>;

    fn storage() -> Heap<S> {
        Heap::new()
    }
}

/// The fast storage.
pub(crate) struct InLean;

impl<S: MessageSender + 'static> Store<S> for InLean {
    type Storage = Lean<S>;

    fn storage() -> Lean<S> {
        Lean::new()
    }
}

/// A storage for `SIZE` requests and tickets, and `RESULTS` responses. It is leaked, so it lives as long as a
/// `static`.
#[cfg(feature = "embassy")]
pub(crate) struct Fixed<const SIZE: usize, const RESULTS: usize>;

#[cfg(feature = "embassy")]
impl<S: MessageSender + 'static, const SIZE: usize, const RESULTS: usize> Store<S> for Fixed<SIZE, RESULTS> {
    type Storage = &'static telegram_sender::storage::FixedStorage<
        embassy_sync::blocking_mutex::raw::NoopRawMutex,
        S,
        SIZE,
        SIZE,
        RESULTS,
        16,
    >;
    const HAS_ROOM_FOR_TICKETS: bool = false;

    fn storage() -> Self::Storage {
        Box::leak(Box::default())
    }
}
