//! What is under the lock: the queue of requests, and the slots of their replies. Nothing here runs foreign code: what is to
//! be woken or dropped is given out, for when the lock is not held any more.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem::{replace, take};
use core::task::Waker;

use super::entry::Entry;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::heap::reply::Reply;
use crate::strategy::RequestId;

/// Names a slot. More than four billion tickets at a time find no memory anyway.
pub(super) type SlotIndex = u32;

/// How many entries and slots keep their memory while there is nothing to do.
pub(super) const KEPT: usize = 1024;

pub(super) struct Pool<S: MessageSender> {
    queue: VecDeque<Entry<S>>,
    slots: Vec<Slot<S>>,
    /// The first of a chain of free slots; the number behind the last slot is its end.
    free: SlotIndex,
    used: usize,
    next_id: u64,
    worker_sleeps: bool,
    closed: bool,
}

enum Slot<S: MessageSender> {
    Free {
        next: SlotIndex,
    },
    /// Its request is not settled; its ticket may wait.
    Open(Option<Waker>),
    /// Its ticket was dropped: nobody wants the reply.
    Left,
    /// Its ticket took the request back.
    Cancelled,
    /// Its ticket has not asked yet.
    Settled(Reply<S>),
}

pub(super) struct Pushed {
    pub(super) id: RequestId,
    pub(super) slot: SlotIndex,
    /// Whether the worker is to be woken.
    pub(super) worker_sleeps: bool,
}

/// What a ticket finds.
pub(super) enum Look<S: MessageSender> {
    Settled(Reply<S>),
    /// It waits; the waker that gave way is to be dropped.
    Waits(Option<Waker>),
}

/// What came of settling a slot.
pub(super) enum Delivered<S: MessageSender> {
    /// The ticket may be waiting.
    ToTicket(Option<Waker>),
    /// Nobody wants it.
    ToNobody {
        was_cancelled: bool,
        #[expect(dead_code, reason = "to be dropped")]
        reply: Reply<S>,
    },
}

impl<S: MessageSender> Pool<S> {
    pub(super) const fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            slots: Vec::new(),
            free: 0,
            used: 0,
            next_id: 0,
            worker_sleeps: false,
            closed: false,
        }
    }

    #[inline]
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) const fn close(&mut self) {
        self.closed = true;
    }

    #[inline]
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Puts a caller's request at the tail.
    #[inline]
    pub(super) fn push(&mut self, request: S::Request, queued_at: Instant) -> Pushed {
        let id = RequestId::new(self.next_id);
        self.next_id += 1;
        let slot = self.take_slot();
        self.queue.push_back(Entry::callers(id, request, queued_at, slot));
        Pushed { id, slot, worker_sleeps: take(&mut self.worker_sleeps) }
    }

    /// Puts a round at the tail.
    pub(super) fn push_round(&mut self, round: Entry<S>) {
        self.queue.push_back(round);
    }

    /// Gives all that waits for an empty batch.
    pub(super) fn swap(&mut self, batch: &mut VecDeque<Entry<S>>) {
        debug_assert!(batch.is_empty());
        core::mem::swap(&mut self.queue, batch);
    }

    /// Nothing waits: who comes next is to wake the worker. Gives memory back that was taken for more than is usual.
    pub(super) fn let_worker_sleep(&mut self) {
        self.worker_sleeps = true;
        if self.queue.capacity() > KEPT {
            self.queue = VecDeque::new();
        }
        if self.used == 0 && self.slots.len() > KEPT {
            self.slots = Vec::new();
            self.free = 0;
        }
    }

    #[inline]
    fn take_slot(&mut self) -> SlotIndex {
        self.used += 1;
        let slot = self.free;
        if let Some(place) = self.slots.get_mut(slot as usize) {
            if let Slot::Free { next } = replace(place, Slot::Open(None)) {
                self.free = next;
            }
            return slot;
        }
        self.add_slot()
    }

    #[cold]
    fn add_slot(&mut self) -> SlotIndex {
        self.slots.push(Slot::Open(None));
        let count = SlotIndex::try_from(self.slots.len()).expect("less than four billion tickets at a time");
        self.free = count;
        count - 1
    }

    /// Empties a slot, and gives what was in there.
    #[inline]
    fn free_slot(&mut self, slot: SlotIndex) -> Slot<S> {
        self.used -= 1;
        let next = replace(&mut self.free, slot);
        replace(&mut self.slots[slot as usize], Slot::Free { next })
    }

    /// For a ticket: its reply, and the slot is free then; or keeps its waker.
    #[inline]
    pub(super) fn look(&mut self, slot: SlotIndex, waker: &Waker) -> Look<S> {
        match &mut self.slots[slot as usize] {
            Slot::Open(Some(kept)) if kept.will_wake(waker) => Look::Waits(None),
            Slot::Open(kept) => Look::Waits(kept.replace(waker.clone())),
            _ => match self.free_slot(slot) {
                Slot::Settled(reply) => Look::Settled(reply),
                _ => unreachable!("the slot is its ticket's"),
            },
        }
    }

    /// For a ticket that wants its request back; `None` if it is too late. What it gives is to be dropped.
    pub(super) fn cancel(&mut self, slot: SlotIndex) -> Option<impl Sized + use<S>> {
        let place = &mut self.slots[slot as usize];
        matches!(place, Slot::Open(_)).then(|| replace(place, Slot::Cancelled))
    }

    /// For a ticket that is dropped. What it gives is to be dropped.
    pub(super) fn leave(&mut self, slot: SlotIndex) -> impl Sized + use<S> {
        if matches!(self.slots[slot as usize], Slot::Open(_)) {
            return replace(&mut self.slots[slot as usize], Slot::Left);
        }
        self.free_slot(slot)
    }

    /// Whether the request of this slot was taken back; the slot is free then.
    pub(super) fn take_cancelled(&mut self, slot: SlotIndex) -> bool {
        let cancelled = matches!(self.slots[slot as usize], Slot::Cancelled);
        if cancelled {
            self.free_slot(slot);
        }
        cancelled
    }

    /// Puts a reply into its slot, if anybody wants it.
    #[inline]
    pub(super) fn settle(&mut self, slot: SlotIndex, reply: Reply<S>) -> Delivered<S> {
        let place = &mut self.slots[slot as usize];
        if let Slot::Open(waker) = place {
            let waker = waker.take();
            *place = Slot::Settled(reply);
            return Delivered::ToTicket(waker);
        }
        let was_cancelled = matches!(self.free_slot(slot), Slot::Cancelled);
        Delivered::ToNobody { was_cancelled, reply }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Taken;

    struct Echo;

    impl MessageSender for Echo {
        type Request = u64;
        type Message = u64;
        type Rejection = ();
        type Error = ();

        async fn send_message(&self, request: &u64) -> Result<Result<u64, ()>, ()> {
            Ok(Ok(*request))
        }
    }

    fn push(pool: &mut Pool<Echo>, request: u64) -> SlotIndex {
        pool.push(request, Instant::NEVER).slot
    }

    #[test]
    fn slots_are_used_again_and_requests_keep_their_order() {
        let mut pool = Pool::<Echo>::new();
        assert_eq!([push(&mut pool, 10), push(&mut pool, 11), push(&mut pool, 12)], [0, 1, 2]);
        for slot in [1, 0] {
            assert!(matches!(pool.settle(slot, Reply::Message(1, 5)), Delivered::ToTicket(None)));
            assert!(matches!(pool.look(slot, Waker::noop()), Look::Settled(Reply::Message(1, 5))));
        }
        assert_eq!([push(&mut pool, 13), push(&mut pool, 14), push(&mut pool, 15)], [0, 1, 3]);
        assert_eq!((pool.used, pool.queued()), (4, 6));
        let mut batch = VecDeque::new();
        pool.swap(&mut batch);
        assert!(batch.iter().map(|entry| *entry.request()).eq(10..16));
        assert!(batch.iter().map(|entry| entry.id().get()).eq(0..6));
    }

    #[test]
    fn a_slot_tells_what_became_of_its_ticket() {
        let mut pool = Pool::<Echo>::new();
        let [waits, left, cancelled, late] = [0, 1, 2, 3].map(|request| push(&mut pool, request));
        assert!(matches!(pool.look(waits, Waker::noop()), Look::Waits(None)));
        drop(pool.leave(left));
        assert!(pool.cancel(cancelled).is_some());
        assert!(!pool.take_cancelled(waits) && pool.take_cancelled(cancelled));
        assert!(matches!(pool.settle(waits, Reply::Message(1, 0)), Delivered::ToTicket(Some(_))));
        let unread = pool.settle(left, Reply::Message(1, 0));
        assert!(matches!(unread, Delivered::ToNobody { was_cancelled: false, .. }));
        assert!(pool.cancel(late).is_some());
        let unread = pool.settle(late, Reply::Message(1, 0));
        assert!(matches!(unread, Delivered::ToNobody { was_cancelled: true, .. }));
        assert!(pool.cancel(waits).is_none());
        drop(pool.leave(waits));
        assert_eq!(pool.used, 0);
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back() {
        let mut pool = Pool::<Echo>::new();
        for round in 0..2 {
            for request in 0..5000 {
                let slot = push(&mut pool, request);
                drop(pool.leave(slot));
                pool.settle(slot, Reply::Message(1, 0));
            }
            assert_eq!(pool.queued(), 5000, "round {round}");
            pool.queue.clear();
            pool.let_worker_sleep();
            assert_eq!((pool.queue.capacity(), pool.slots.len().min(2)), (0, 1));
        }
        let slots: Vec<_> = (0..5000).map(|request| push(&mut pool, request)).collect();
        for slot in slots {
            drop((pool.leave(slot), pool.settle(slot, Reply::Message(1, 0))));
        }
        pool.queue.clear();
        pool.let_worker_sleep();
        assert_eq!((pool.slots.capacity(), push(&mut pool, 1)), (0, 0));
    }
}
