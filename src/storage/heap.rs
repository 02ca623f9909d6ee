//! The storage for machines with an allocator: `async-channel` queues, `futures` oneshots, `event-listener`
//! wake-ups. A request costs one allocation, its oneshot.

pub(crate) mod backed;
pub(super) mod bound;
pub(super) mod entry;
mod ids;
mod inbox;
pub(super) mod lazy_queue;
pub(super) mod life;
pub(super) mod line;
mod receipt;
pub(super) mod reply;
pub(super) mod results;
mod worker_waker;

use alloc::sync::Arc;
use core::fmt;
use core::num::NonZeroUsize;

use async_channel::Receiver;
use futures::channel::oneshot;

use self::backed::{Backed, Common, storage_on_the_heap};
use self::ids::{Ids, Issued};
use self::inbox::HeapInbox;
use self::lazy_queue::LazyQueue;
use self::line::ChannelLine;
use self::receipt::HeapReceipt;
use self::reply::{Queued, Reply};
use super::{Enqueued, Refused, Taken, sealed, take};
use crate::results::KeepResults;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::Counter;

/// The default storage.
pub struct Heap<S: MessageSender>(Arc<Shared<S>>);

type LineOf<S> = ChannelLine<<S as MessageSender>::Message, <S as MessageSender>::Rejection>;

/// In this order: what callers write for each request is not next to what the worker writes, or reads.
#[repr(C)]
struct Shared<S: MessageSender> {
    ids: Ids,
    /// There is none until somebody enqueues: a runner that waits for its first request takes half the memory.
    requests: LazyQueue<Queued<S>>,
    common: Common<S, LineOf<S>>,
    /// How many ids had been issued when the worker last asked. It is the worker's own, and here as that is seldom.
    heard: Counter,
}

impl<S: MessageSender> Heap<S> {
    /// The storage and the worker's side of it.
    pub(crate) fn new(capacity: Option<NonZeroUsize>, results: KeepResults) -> (Self, HeapInbox<S>) {
        let storage = Self(Arc::new(Shared {
            ids: Ids::new(),
            requests: LazyQueue::new(),
            common: Common::new(capacity, results),
            heard: Counter::new(),
        }));
        let inbox = HeapInbox::new(storage.clone());
        (storage, inbox)
    }

    #[cold]
    fn wake_worker(&self) {
        self.0.ids.wake_up();
        self.0.common.life.wake_worker();
    }

    #[cold]
    fn closing(refused: Queued<S>, request: &mut Option<S::Request>) -> Refused {
        *request = Some(refused.into_parts().0);
        Refused::Closing
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
    type Reply = oneshot::Sender<Reply<S>>;
    type Receipt = HeapReceipt<S>;
    type Taken = Queued<S>;
    type Inbox = HeapInbox<S>;
    type Line = LineOf<S>;

    #[inline]
    fn common(&self) -> &Common<S, LineOf<S>> {
        &self.0.common
    }

    #[expect(
        clippy::inline_always,
        reason = "on the way of each request, where a call costs as much as the rest"
    )]
    #[inline(always)]
    fn push(&self, request: &mut Option<S::Request>, queued_at: Instant) -> Enqueued<HeapReceipt<S>> {
        let requests = self.0.requests.sender();
        let (reply, receipt) = oneshot::channel();
        let Issued { id, worker_sleeps } = self.0.ids.issue();
        let queued = Queued::callers(id, take(request), queued_at, reply);
        match requests.try_send(queued) {
            Ok(()) => {
                if worker_sleeps {
                    self.wake_worker();
                }
                Ok((id, HeapReceipt::new(receipt, self.clone())))
            }
            Err(refused) => Err(Self::closing(refused.into_inner(), request)),
        }
    }

    fn is_closed(&self) -> bool {
        self.0.requests.receiver().is_some_and(Receiver::is_closed)
    }

    fn close(&self) {
        self.0.requests.sender().close();
    }

    fn len(&self) -> usize {
        self.0.requests.receiver().map_or(0, Receiver::len)
    }
}

storage_on_the_heap!(Heap);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sender::echo::Echo;

    /// Two threads, each of which writes what the other looks at, wait for each other with every request.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn what_callers_write_is_a_cache_line_away_from_what_the_worker_looks_at() {
        use core::mem::offset_of;
        let written = offset_of!(Shared<Echo>, ids);
        // It looks at what is at the end of the results and at the beginning of the life.
        let looked_at = offset_of!(Shared<Echo>, common) + offset_of!(Common<Echo, LineOf<Echo>>, life)
            - size_of::<u64>();
        assert!(looked_at - written >= 64, "{written} {looked_at}");
    }

    #[test]
    fn there_is_no_queue_until_somebody_enqueues() {
        let (storage, _inbox) = Heap::<Echo>::new(None, KeepResults::default());
        assert!(storage.0.requests.receiver().is_none());
        assert_eq!((storage.len(), storage.is_closed()), (0, false));
        drop(storage.push(&mut Some(7), Instant::NEVER).unwrap());
        assert_eq!(storage.len(), 1);
        // One that was never used refuses all the same.
        let (storage, _inbox) = Heap::<Echo>::new(None, KeepResults::default());
        storage.close();
        let mut request = Some(7);
        assert_eq!(storage.push(&mut request, Instant::NEVER).err(), Some(Refused::Closing));
        assert_eq!(request, Some(7));
    }
}
