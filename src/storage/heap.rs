//! The storage for machines with an allocator: an `async-channel` queue of requests and one of results, `event-listener`
//! wake-ups, `futures` oneshots. A request costs one allocation, its oneshot.

pub(crate) mod backed;
pub(super) mod bound;
pub(super) mod entry;
mod inbox;
mod late_waker;
mod lazy_queue;
pub(super) mod life;
mod receipt;
pub(super) mod results;
mod turns_begun;
pub(super) mod waiters;
mod worker_due;

use alloc::sync::Arc;
use core::fmt;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Waker;

use async_channel::{Receiver, Sender};
use futures::channel::oneshot;

use self::backed::{Backed, Common, storage_on_the_heap};
use self::entry::Entry;
use self::inbox::HeapInbox;
use self::receipt::HeapReceipt;
use self::turns_begun::TurnsBegun;
use self::worker_due::WorkerDue;
use super::{Enqueued, Refused, Settled, Taken, sealed, take};
use crate::keep_results::KeepResults;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::strategy::RequestId;

/// The default storage.
pub struct Heap<S: MessageSender>(Arc<Shared<S>>);

/// The worker's end of a reply.
type Replier<S> = oneshot::Sender<Settled<S>>;

/// A request in the queue.
type Queued<S> = Entry<S, Replier<S>>;

struct Shared<S: MessageSender> {
    next_id: AtomicUsize,
    sender: Sender<Queued<S>>,
    /// Only counts what is in the queue; the worker has its own.
    receiver: Receiver<Queued<S>>,
    common: Common<S>,
    turns_begun: TurnsBegun,
    worker_due: Arc<WorkerDue>,
}

impl<S: MessageSender> Heap<S> {
    /// The storage and the worker's side of it.
    pub(crate) fn new(capacity: Option<NonZeroUsize>, results: KeepResults) -> (Self, HeapInbox<S>) {
        let (sender, receiver) = async_channel::unbounded();
        let queue = receiver.clone();
        let common = Common::new(capacity, results);
        let worker_due = Arc::new(WorkerDue::new());
        let waker = Waker::from(worker_due.clone());
        let (next_id, turns_begun) = (AtomicUsize::new(0), TurnsBegun::new());
        let storage = Self(Arc::new(Shared { next_id, sender, receiver, common, turns_begun, worker_due }));
        let inbox = HeapInbox::new(storage.clone(), queue, waker);
        (storage, inbox)
    }

    #[inline]
    fn wake_worker_if_due(&self) {
        if self.0.worker_due.take() {
            self.0.common.life.wake_worker();
        }
    }
}

// Neither is derived: that would ask the same of `S`.
impl<S: MessageSender> fmt::Debug for Heap<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap").field("life", &self.0.common.life).finish_non_exhaustive()
    }
}

impl<S: MessageSender> Clone for Heap<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: MessageSender> sealed::Sealed for Heap<S> {}

impl<S: MessageSender> Backed<S> for Heap<S> {
    type Reply = Replier<S>;
    type Receipt = HeapReceipt<S>;
    type Taken = Queued<S>;
    type Inbox = HeapInbox<S>;

    fn common(&self) -> &Common<S> {
        &self.0.common
    }

    #[inline]
    fn push(&self, request: &mut Option<S::Request>, queued_at: Instant) -> Enqueued<HeapReceipt<S>> {
        let id = RequestId::new(self.0.next_id.fetch_add(1, Ordering::Relaxed) as u64);
        let (replier, reply) = oneshot::channel();
        let queued = Queued::callers(id, take(request), queued_at, replier);
        match self.0.sender.try_send(queued) {
            Ok(()) => {
                self.wake_worker_if_due();
                Ok((id, HeapReceipt::new(reply, self.clone())))
            }
            Err(refused) => {
                *request = Some(refused.into_inner().into_parts().0);
                Err(Refused::Closing)
            }
        }
    }

    fn is_closed(&self) -> bool {
        self.0.sender.is_closed()
    }

    fn close(&self) {
        self.0.sender.close();
        self.wake_worker_if_due();
    }

    fn len(&self) -> usize {
        self.0.receiver.len()
    }
}

storage_on_the_heap!(Heap);
