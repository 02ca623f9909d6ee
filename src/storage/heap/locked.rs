//! The queue of the fast storage: under one lock, with which the worker takes all waiting requests at once.

use alloc::collections::VecDeque;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::oneshot::{Receiver, Sender, channel};
use super::queue::{Queue, Queued};
use super::{Heap, Shared};
use crate::answer::RequestId;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Enqueued, Refused, Reply, take};

/// The number of entries whose memory is kept while the worker sleeps.
const KEEP_CAPACITY: usize = 1024;

type Entries<S> = VecDeque<Queued<S, Sender<S>>>;

/// A queue under a lock of `std`.
pub struct Locked<S: MessageSender> {
    state: Mutex<LockedState<S>>,
    /// The number of entries that were ever pushed. It wraps. Written under the lock, read without it.
    pushed: AtomicUsize,
    taken: Taken,
}

struct LockedState<S: MessageSender> {
    entries: Entries<S>,
    next_id: u64,
    worker_sleeps: bool,
    is_closed: bool,
}

/// The number of entries that the worker has taken. It is written for each request, so it has its own cache line.
#[repr(align(64))]
struct Taken(AtomicUsize);

/// The worker's end of the queue.
pub struct Taker<S: MessageSender> {
    /// Requests that were taken out of the queue together. They come before those that are still in it.
    batch: Entries<S>,
}

impl<S: MessageSender> Locked<S> {
    /// Locks the state. No user code runs under this lock, so it is never poisoned.
    fn lock(&self) -> MutexGuard<'_, LockedState<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more pushed entry. The caller must hold the lock.
    fn count_pushed(&self) {
        self.pushed.store(self.pushed.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

impl<S: MessageSender> Queue<S> for Locked<S> {
    type Taker = Taker<S>;
    type Replier = Sender<S>;
    type ReplyReceiver = Receiver<S>;

    fn new() -> (Self, Taker<S>) {
        let entries = VecDeque::new();
        let state = LockedState { entries, next_id: 0, worker_sleeps: false, is_closed: false };
        let (pushed, taken) = (AtomicUsize::new(0), Taken(AtomicUsize::new(0)));
        (Self { state: Mutex::new(state), pushed, taken }, Taker { batch: VecDeque::new() })
    }

    fn push(
        storage: &Heap<S, Self>,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Receiver<S>> {
        let Shared { queue, life, .. } = &*storage.0;
        // Allocated before the lock is taken, as other callers wait for the lock.
        let (replier, receiver) = channel();
        let mut state = queue.lock();
        if state.is_closed {
            drop(state);
            return Err(Refused::Closing);
        }
        let id = RequestId::new(state.next_id);
        state.next_id += 1;
        state.entries.push_back(Queued::new(id, take(request), queued_at, replier));
        queue.count_pushed();
        let worker_sleeps = mem::take(&mut state.worker_sleeps);
        drop(state);
        if worker_sleeps {
            life.wake_worker();
        }
        Ok((id, receiver))
    }

    fn push_round(&self, round: Queued<S, Sender<S>>) -> Result<(), Queued<S, Sender<S>>> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(round);
        }
        state.entries.push_back(round);
        self.count_pushed();
        Ok(())
    }

    fn pop(&self, taker: &mut Taker<S>) -> Option<Queued<S, Sender<S>>> {
        // If nothing waits, this check saves the lock.
        if taker.batch.is_empty() && self.len() > 0 {
            mem::swap(&mut self.lock().entries, &mut taker.batch);
        }
        let queued = taker.batch.pop_front()?;
        self.taken.0.store(self.taken.0.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        Some(queued)
    }

    fn sleep_or_end(&self, taker: &mut Taker<S>) -> bool {
        let mut state = self.lock();
        if state.entries.is_empty() && !state.is_closed {
            state.worker_sleeps = true;
            for entries in [&mut state.entries, &mut taker.batch] {
                if entries.capacity() > KEEP_CAPACITY {
                    *entries = VecDeque::new();
                }
            }
        }
        state.is_closed
    }

    fn close(&self) {
        self.lock().is_closed = true;
    }

    fn len(&self) -> usize {
        // `taken` is read first: each taken entry was pushed before, so the difference is never negative.
        let taken = self.taken.0.load(Ordering::Acquire);
        self.pushed.load(Ordering::Relaxed).wrapping_sub(taken)
    }

    fn begin(_: &Heap<S, Self>, _: &mut Taker<S>, _: RequestId, replier: &Sender<S>) -> bool {
        replier.begin()
    }

    fn was_cancelled(&self, _: &mut Taker<S>, _: RequestId) -> bool {
        true
    }

    #[expect(clippy::inline_always, reason = "as what it calls")]
    #[inline(always)]
    fn settle(replier: Sender<S>, reply: Reply<S>) -> bool {
        replier.send(reply)
    }

    fn cancel(receiver: &mut Receiver<S>, _: RequestId) -> Cancel {
        receiver.cancel()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keep_results::KeepResults;
    use crate::sender::echo::Echo;
    use crate::storage::{QueuedRequest, Round};

    type Storage = Heap<Echo, Locked<Echo>>;

    fn storage() -> (Storage, Taker<Echo>) {
        let (storage, worker_side) = Storage::for_runner(None, KeepResults::default());
        (storage, worker_side.taker)
    }

    fn push(storage: &Storage, request: u64, queued_at: Instant) -> u64 {
        Locked::push(storage, &mut Some(request), queued_at).unwrap().0.get()
    }

    #[test]
    fn it_gives_all_in_their_order_and_the_memory_of_a_burst_back() {
        let (storage, mut taker) = storage();
        let queue = &storage.0.queue;
        let mut next_id = 0;
        for (burst, keeps) in [(KEEP_CAPACITY as u64, true), (5 * KEEP_CAPACITY as u64, false)] {
            for request in 0..burst {
                assert_eq!(push(&storage, request, Instant::NEVER), next_id + request);
            }
            for request in 0..burst {
                assert_eq!(queue.len() as u64, burst - request);
                let queued = queue.pop(&mut taker).unwrap();
                assert_eq!((*queued.round().request, queued.round().id.get()), (request, next_id + request));
            }
            assert!(queue.pop(&mut taker).is_none() && taker.batch.capacity() > 0);
            // Fills the other of the two buffers that take turns.
            push(&storage, 0, Instant::NEVER);
            assert!(queue.pop(&mut taker).is_some() && !queue.sleep_or_end(&mut taker));
            let kept = [queue.lock().entries.capacity(), taker.batch.capacity()];
            assert_eq!((queue.len(), kept.iter().all(|kept| *kept <= KEEP_CAPACITY)), (0, true));
            assert_eq!(kept[0] > 0, keeps);
            next_id += burst + 1;
        }
    }

    #[test]
    fn it_keeps_since_when_a_request_waits() {
        let (storage, mut taker) = storage();
        let queue = &storage.0.queue;
        for queued_at in [Instant::EPOCH, Instant::NEVER, Instant::from_nanos(7)] {
            push(&storage, 0, queued_at);
            assert_eq!(queue.pop(&mut taker).unwrap().round().queued_at, queued_at);
        }
    }

    #[test]
    fn a_worker_sleeps_until_the_first_request_and_ends_once_it_is_closed() {
        let (storage, mut taker) = storage();
        let queue = &storage.0.queue;
        let sleeps = || queue.lock().worker_sleeps;
        assert!(!queue.sleep_or_end(&mut taker) && sleeps());
        push(&storage, 0, Instant::NEVER);
        assert!(!sleeps() && !queue.sleep_or_end(&mut taker) && !sleeps());
        queue.close();
        assert!(queue.sleep_or_end(&mut taker) && queue.pop(&mut taker).is_some());
        assert_eq!(Locked::push(&storage, &mut Some(1), Instant::NEVER).err(), Some(Refused::Closing));
        let round = Round { id: RequestId::new(0), cycle: 1, queued_at: Instant::NEVER, request: 1 };
        assert!(queue.push_round(Queued::requeued(round)).is_err());
    }
}
