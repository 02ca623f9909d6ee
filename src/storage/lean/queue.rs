//! What is under the queue's lock. Nothing here runs foreign code: what is to be woken or dropped is given out, for when the
//! lock is not held any more.

use alloc::collections::VecDeque;
use core::mem::swap;
use core::task::Waker;

use super::Entry;
use super::place::Promise;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::strategy::RequestId;

/// How many entries keep their memory while there is nothing to do.
pub(super) const KEPT: usize = 1024;

pub(super) struct Queue<S: MessageSender> {
    entries: VecDeque<Entry<S>>,
    /// How many entries were ever put in; it wraps.
    pushed: usize,
    next_id: u64,
    /// The worker, while it waits for an entry.
    sleeper: Option<Waker>,
    closed: bool,
}

pub(super) struct Pushed {
    pub(super) id: RequestId,
    /// The worker, if it is to be woken.
    pub(super) sleeper: Option<Waker>,
}

impl<S: MessageSender> Queue<S> {
    pub(super) const fn new() -> Self {
        Self { entries: VecDeque::new(), pushed: 0, next_id: 0, sleeper: None, closed: false }
    }

    #[inline]
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes nothing any more. Gives the worker, if it is to be woken.
    pub(super) const fn close(&mut self) -> Option<Waker> {
        self.closed = true;
        self.sleeper.take()
    }

    #[inline]
    pub(super) const fn pushed(&self) -> usize {
        self.pushed
    }

    /// Puts a caller's request at the tail.
    #[inline]
    pub(super) fn push(&mut self, request: S::Request, queued_at: Instant, promise: Promise<S>) -> Pushed {
        let id = RequestId::new(self.next_id);
        self.next_id += 1;
        self.pushed = self.pushed.wrapping_add(1);
        // Where there is room and nothing else to do, each is made where it is to lie. To move it takes longer than to make it.
        if queued_at == Instant::NEVER && self.entries.len() < self.entries.capacity() {
            self.entries.push_back(Entry::Plain(id, request, promise));
        } else {
            self.push_slowly(id, request, queued_at, promise);
        }
        Pushed { id, sleeper: self.sleeper.take() }
    }

    #[cold]
    fn push_slowly(&mut self, id: RequestId, request: S::Request, queued_at: Instant, promise: Promise<S>) {
        self.entries.push_back(Entry::callers(id, request, queued_at, promise));
    }

    /// Puts a round at the tail.
    pub(super) fn push_round(&mut self, round: Entry<S>) {
        self.pushed = self.pushed.wrapping_add(1);
        self.entries.push_back(round);
    }

    /// Gives all that waits for an empty batch. Tells whether anything does.
    pub(super) fn swap(&mut self, batch: &mut VecDeque<Entry<S>>) -> bool {
        debug_assert!(batch.is_empty());
        let any = !self.entries.is_empty();
        if any {
            swap(&mut self.entries, batch);
        }
        any
    }

    /// Nothing waits: who comes next is to wake the worker. Gives a waker that gave way. What was allocated for more entries
    /// than are usual is given back.
    pub(super) fn let_worker_sleep(&mut self, worker: Waker) -> Option<Waker> {
        if self.entries.capacity() > KEPT {
            self.entries = VecDeque::new();
        }
        self.sleeper.replace(worker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sender::echo::Echo;
    use crate::storage::Taken;
    use crate::storage::lean::receipt::pair;

    fn push(queue: &mut Queue<Echo>, request: u64) -> Pushed {
        queue.push(request, Instant::NEVER, pair().0)
    }

    #[test]
    fn it_gives_all_that_waits_in_its_order() {
        let mut queue = Queue::new();
        for request in 10..13 {
            assert_eq!(push(&mut queue, request).id.get(), request - 10);
        }
        let mut batch = VecDeque::new();
        assert!(queue.swap(&mut batch));
        assert!(batch.iter().map(|entry| *entry.request()).eq(10..13));
        assert!(batch.iter().map(|entry| entry.id().get()).eq(0..3));
        batch.clear();
        assert!(!queue.swap(&mut batch));
    }

    #[test]
    fn it_keeps_since_when_a_request_waits_with_room_or_without() {
        let mut queue = Queue::<Echo>::new();
        let times = [Instant::EPOCH, Instant::NEVER, Instant::from_nanos(7)].repeat(2);
        for time in &times {
            queue.push(0, *time, pair().0);
        }
        assert!(queue.entries.iter().map(Entry::<Echo>::queued_at).eq(times));
    }

    #[test]
    fn a_sleeping_worker_is_woken_by_the_first_who_comes_or_closes() {
        let mut queue = Queue::new();
        assert!(push(&mut queue, 0).sleeper.is_none());
        assert!(queue.let_worker_sleep(Waker::noop().clone()).is_none());
        assert!(queue.let_worker_sleep(Waker::noop().clone()).is_some());
        assert!(push(&mut queue, 0).sleeper.is_some() && push(&mut queue, 0).sleeper.is_none());
        assert!(queue.let_worker_sleep(Waker::noop().clone()).is_none());
        assert!(queue.close().is_some() && queue.close().is_none() && queue.is_closed());
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back() {
        let mut queue = Queue::new();
        for (burst, keeps) in [(KEPT, true), (5 * KEPT, false)] {
            for request in 0..burst as u64 {
                push(&mut queue, request);
            }
            queue.entries.clear();
            drop(queue.let_worker_sleep(Waker::noop().clone()));
            assert_eq!(queue.entries.capacity() > 0, keeps);
        }
    }
}
