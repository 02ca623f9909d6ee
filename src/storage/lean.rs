//! A storage on the heap that takes few atomic steps per request: a queue under one lock, of which the worker takes all that
//! waits at once, and for each request one allocation that it and its ticket share.

mod inbox;
mod place;
mod queue;
mod receipt;
mod reply;

use alloc::sync::Arc;
use core::fmt;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::inbox::LeanInbox;
use self::place::Promise;
use self::queue::{Pushed, Queue};
use self::receipt::LeanReceipt;
use super::heap::backed::{Backed, Common, storage_on_the_heap};
use super::heap::entry;
use super::{Enqueued, Refused, sealed, take};
use crate::contain::contain;
use crate::keep_results::KeepResults;
use crate::runtime::Instant;
use crate::sender::MessageSender;

/// A storage on the heap that is made for speed: chosen by [`Builder::prepare_lean`](crate::Builder::prepare_lean).
///
/// It keeps all that the default storage, [`Heap`](crate::Heap), promises, takes about half the time for a request, and less
/// memory. It needs `std`: callers meet at a lock of the operating system, each for some nanoseconds.
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// use telegram_sender::Lean;
///
/// type Runner = SenderRunner<Echo, Smol, Lean<Echo>>;
///
/// # smol::block_on(async {
/// let runner: Runner = SenderRunner::builder(Echo).prepare_lean(Smol).start(Smol).await?;
/// assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
/// # Ok::<(), ()>(())
/// # }).unwrap();
/// ```
pub struct Lean<S: MessageSender>(Arc<Shared<S>>);

/// A request in the queue.
type Entry<S> = entry::Entry<S, Promise<S>>;

/// In this order: what callers write for each request is not next to what the worker writes.
#[repr(C)]
struct Shared<S: MessageSender> {
    queue: Mutex<Queue<S>>,
    /// How many entries were ever put into the queue. Written under the lock, read without.
    pushed: AtomicUsize,
    common: Common<S>,
    /// How many of them the worker has taken; it writes that.
    taken: AtomicUsize,
}

impl<S: MessageSender> Lean<S> {
    /// The storage and the worker's side of it.
    pub(crate) fn new(capacity: Option<NonZeroUsize>, results: KeepResults) -> (Self, LeanInbox<S>) {
        let storage = Self(Arc::new(Shared {
            queue: Mutex::new(Queue::new()),
            pushed: AtomicUsize::new(0),
            common: Common::new(capacity, results),
            taken: AtomicUsize::new(0),
        }));
        let inbox = LeanInbox::new(storage.clone());
        (storage, inbox)
    }

    /// Nobody runs foreign code under this lock, so nobody leaves it poisoned.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Queue<S>> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Neither is derived: that would ask the same of `S`.
impl<S: MessageSender> fmt::Debug for Lean<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lean").field("life", &self.0.common.life).finish_non_exhaustive()
    }
}

impl<S: MessageSender> Clone for Lean<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: MessageSender> sealed::Sealed for Lean<S> {}

impl<S: MessageSender> Backed<S> for Lean<S> {
    type Reply = Promise<S>;
    type Receipt = LeanReceipt<S>;
    type Taken = Entry<S>;
    type Inbox = LeanInbox<S>;

    #[inline]
    fn common(&self) -> &Common<S> {
        &self.0.common
    }

    #[inline]
    fn push(&self, request: &mut Option<S::Request>, queued_at: Instant) -> Enqueued<LeanReceipt<S>> {
        // Allocated before the lock is taken: others wait for that.
        let (promise, receipt) = receipt::pair();
        let mut queue = self.lock();
        if queue.is_closed() {
            drop(queue);
            return Err(Refused::Closing);
        }
        let Pushed { id, sleeper } = queue.push(take(request), queued_at, promise);
        self.0.pushed.store(queue.pushed(), Ordering::Relaxed);
        drop(queue);
        if let Some(worker) = sleeper {
            contain(|| worker.wake());
        }
        Ok((id, receipt))
    }

    fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    fn close(&self) {
        let sleeper = self.lock().close();
        if let Some(worker) = sleeper {
            contain(|| worker.wake());
        }
    }

    fn len(&self) -> usize {
        // In this order: what was taken before was pushed before.
        let taken = self.0.taken.load(Ordering::Acquire);
        self.0.pushed.load(Ordering::Relaxed).wrapping_sub(taken)
    }
}

storage_on_the_heap!(Lean);
