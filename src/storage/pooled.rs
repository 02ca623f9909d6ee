//! A storage on the heap that makes no allocation and few atomic steps per request: the queue and the places of replies
//! are in one pool under one lock, which the worker takes once for all requests that wait.

mod entry;
mod inbox;
mod pool;
mod receipt;

use alloc::sync::Arc;
use core::fmt;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::entry::Entry;
use self::inbox::PooledInbox;
use self::pool::{Pool, Pushed, SlotIndex};
use self::receipt::PooledReceipt;
use super::heap::backed::{Backed, Common, storage_on_the_heap};
use super::{Enqueued, sealed};
use crate::error::RequestError;
use crate::results::KeepResults;
use crate::runtime::Instant;
use crate::sender::MessageSender;

/// A storage on the heap that is made for speed: chosen by [`Builder::prepare_pooled`](crate::Builder::prepare_pooled).
///
/// It keeps all that the default storage, [`Heap`](crate::Heap), promises. A request costs no allocation while at most a
/// thousand are out at a time, and about half the time. It needs `std`: callers meet at a lock of the operating system, each
/// for some nanoseconds.
///
/// The memory of a thousand requests is kept for those to come; what was taken beyond that is given back when the runner has
/// nothing to do.
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// use telegram_sender::Pooled;
///
/// type Runner = SenderRunner<Echo, Smol, Pooled<Echo>>;
///
/// # smol::block_on(async {
/// let runner: Runner = SenderRunner::builder(Echo).prepare_pooled(Smol).start(Smol).await?;
/// assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
/// # Ok::<(), ()>(())
/// # }).unwrap();
/// ```
pub struct Pooled<S: MessageSender>(Arc<Shared<S>>);

/// In this order: what callers write for each request is not next to what the worker writes.
#[repr(C)]
struct Shared<S: MessageSender> {
    pool: Mutex<Pool<S>>,
    /// How many entries are in the pool's queue. Written under the lock, read without.
    queued: AtomicUsize,
    /// How many requests whose tickets were cancelled the worker has not come to yet. While there are none, it asks for none.
    cancelled: AtomicUsize,
    common: Common<S>,
    /// How many entries are in the worker's hands.
    in_batch: AtomicUsize,
}

impl<S: MessageSender> Pooled<S> {
    /// The storage and the worker's side of it.
    pub(crate) fn new(capacity: Option<NonZeroUsize>, results: KeepResults) -> (Self, PooledInbox<S>) {
        let storage = Self(Arc::new(Shared {
            pool: Mutex::new(Pool::new()),
            queued: AtomicUsize::new(0),
            cancelled: AtomicUsize::new(0),
            common: Common::new(capacity, results),
            in_batch: AtomicUsize::new(0),
        }));
        let inbox = PooledInbox::new(storage.clone());
        (storage, inbox)
    }

    /// Nobody runs foreign code under this lock, so nobody leaves it poisoned.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Pool<S>> {
        self.0.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn wake_worker(&self) {
        self.0.common.life.wake_worker();
    }
}

// Neither is derived: that would ask the same of `S`.
impl<S: MessageSender> fmt::Debug for Pooled<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled").field("life", &self.0.common.life).finish_non_exhaustive()
    }
}

impl<S: MessageSender> Clone for Pooled<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: MessageSender> sealed::Sealed for Pooled<S> {}

impl<S: MessageSender> Backed<S> for Pooled<S> {
    type Reply = SlotIndex;
    type Receipt = PooledReceipt<S>;
    type Taken = Entry<S>;
    type Inbox = PooledInbox<S>;

    #[inline]
    fn common(&self) -> &Common<S> {
        &self.0.common
    }

    #[inline]
    fn push(&self, request: S::Request, queued_at: Instant) -> Enqueued<S, PooledReceipt<S>> {
        let mut pool = self.lock();
        if pool.is_closed() {
            drop(pool);
            return Err(RequestError::Closing(request));
        }
        let Pushed { id, slot, worker_sleeps } = pool.push(request, queued_at);
        self.0.queued.store(pool.queued(), Ordering::Relaxed);
        drop(pool);
        if worker_sleeps {
            self.wake_worker();
        }
        Ok((id, PooledReceipt::new(self.clone(), slot)))
    }

    fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    fn close(&self) {
        self.lock().close();
    }

    fn len(&self) -> usize {
        // Under the lock nothing goes from the one to the other.
        let pool = self.lock();
        pool.queued() + self.0.in_batch.load(Ordering::Relaxed)
    }
}

storage_on_the_heap!(Pooled);
