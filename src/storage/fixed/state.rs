//! The state of a fixed storage, under its one lock. Except for `Waker::clone`, nothing here runs user code:
//! values to wake or to drop are returned, for when the lock is released.
//!
//! Before a runner occupies it, it is all zeroes if the types allow it, so a `static` takes no flash.

use core::cell::Cell;
use core::num::NonZeroUsize;
use core::task::Waker;

use super::queued::{FixedQueued, Kind};
use super::ring::Ring;
use super::slots::{Left, SlotIndex, Slots};
use super::waiters::Waiters;
use crate::answer::RequestId;
use crate::keep_results::{KeepResults, Overflow};
use crate::life::Exit;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::Counter;
use crate::storage::{AnswerOf, Cancel, QueuedRequest, take};

pub(super) struct State<
    S: MessageSender,
    const QUEUE: usize,
    const TICKETS: usize,
    const RESULTS: usize,
    const WAITERS: usize,
> {
    next_id: Cell<u64>,
    queue: Ring<FixedQueued<S>, QUEUE>,
    /// The place for a round that is put back into a full queue, or for an unsent request.
    spare: Cell<Option<FixedQueued<S>>>,
    pub(super) slots: Slots<S, TICKETS>,
    pub(super) results: Ring<AnswerOf<S>, RESULTS>,
    pub(super) keep: Cell<KeepResults>,
    pub(super) handles: Cell<usize>,
    pub(super) consumers: Cell<usize>,
    /// The worker's waker, while it waits.
    worker: Cell<Option<Waker>>,
    /// Callers and consumers that wait.
    pub(super) waiters: Waiters<WAITERS>,
    /// The builder's bound of the queue. 0 before a runner occupies the storage.
    pub(super) capacity: Cell<u16>,
    /// The number of waiting re-queued rounds, which do not count in the bound. It wraps.
    rounds: Cell<u16>,
    /// True if the worker waits for a request and for nothing else.
    idle: Cell<bool>,
    pub(super) results_ended: Cell<bool>,
    /// Valid once the worker has ended.
    pub(super) exit: Cell<Exit>,
}

/// The result of publishing a response.
pub(super) enum Published<A> {
    /// The response is in the queue. One that it replaced is to be dropped.
    Kept(Option<A>),
    Dropped(A),
    /// There is no room yet.
    Waits(A),
}

impl<S: MessageSender, const QUEUE: usize, const TICKETS: usize, const RESULTS: usize, const WAITERS: usize>
    State<S, QUEUE, TICKETS, RESULTS, WAITERS>
{
    pub(super) const fn new() -> Self {
        Self {
            next_id: Cell::new(0),
            queue: Ring::new(),
            spare: Cell::new(None),
            slots: Slots::new(),
            results: Ring::new(),
            keep: Cell::new(KeepResults::while_read()),
            handles: Cell::new(0),
            consumers: Cell::new(0),
            worker: Cell::new(None),
            waiters: Waiters::new(),
            capacity: Cell::new(0),
            rounds: Cell::new(0),
            idle: Cell::new(false),
            results_ended: Cell::new(false),
            exit: Cell::new(Exit::Drained),
        }
    }

    /// Returns true if one more caller's request finds room and a slot, with `waiting` in the queue.
    #[inline]
    pub(super) fn has_room(&self, waiting: usize) -> bool {
        waiting < QUEUE && self.callers_of(waiting) < self.capacity.get() && self.slots.has_room()
    }

    /// Returns how many of the `waiting` are callers' requests. There are at most `QUEUE`, so 16 bits hold the number.
    #[expect(clippy::cast_possible_truncation, reason = "the difference is in 16 bits")]
    fn callers_of(&self, waiting: usize) -> u16 {
        (waiting as u16).wrapping_sub(self.rounds.get())
    }

    /// Takes a request and returns its id and its ticket's slot. Leaves the request in place if there is no room.
    #[inline]
    pub(super) fn accept(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
        waiting: &Counter,
    ) -> Option<(RequestId, SlotIndex)> {
        let before = waiting.get();
        if !self.has_room(before) {
            return None;
        }
        let id = RequestId::new(self.next_id.get());
        let slot = self.slots.take(id)?;
        self.next_id.set(id.get() + 1);
        waiting.set(before + 1);
        let pushed = self.queue.push(FixedQueued::first(id, queued_at, slot, take(request)));
        debug_assert!(pushed.is_ok(), "there is room");
        Some((id, slot))
    }

    /// Returns true if there is room for one more round. The request in its turn can always put back one.
    pub(super) fn has_room_for_round(waiting: &Counter) -> bool {
        waiting.get() <= QUEUE
    }

    /// Puts a round of the request in its turn behind those waiting. There must be room for it.
    pub(super) fn put_back(&self, round: FixedQueued<S>, waiting: &Counter) {
        waiting.add_one();
        self.rounds.set(self.rounds.get().wrapping_add(1));
        if let Err(round) = self.queue.push(round) {
            self.spare.set(Some(round));
        }
    }

    /// Puts the next waiting request, maybe a cancelled one, into an empty `hand`. Returns true if there is one.
    #[inline]
    pub(super) fn pop(&self, hand: &mut Option<FixedQueued<S>>, waiting: &Counter) -> bool {
        let Some(left) = waiting.get().checked_sub(1) else { return false };
        self.queue.pop_into(hand);
        waiting.set(left);
        if hand.as_ref().is_some_and(|queued| queued.kind() == Kind::Round) {
            self.rounds.set(self.rounds.get().wrapping_sub(1));
        }
        // The spare place holds a round only if more than `QUEUE` were waiting.
        if left == QUEUE {
            self.fill_up();
        }
        true
    }

    /// Moves the round in the spare place into the queue, where a place has just become free.
    #[cold]
    fn fill_up(&self) {
        if let Some(spare) = self.spare.take() {
            let pushed = self.queue.push(spare);
            debug_assert!(pushed.is_ok(), "one has just left");
        }
    }

    /// Cancels the request `id`. In the queue it is marked there, so that its slot can serve another ticket at
    /// once. In its turn the slot is marked.
    pub(super) fn cancel(&self, slot: SlotIndex, id: RequestId) -> (Cancel, Option<Left<S>>) {
        if self.queue.find(|queued| queued.cancel(id)) {
            (Cancel::Skipped, self.slots.release(slot))
        } else {
            (Cancel::InFlight, self.slots.cancel(slot))
        }
    }

    /// Keeps an unsent request. Returns the round that it pushes out, to be counted and dropped.
    #[must_use]
    pub(super) fn keep_unsent(&self, request: S::Request, waiting: &Counter) -> Option<FixedQueued<S>> {
        let unsent = self.queue.push(FixedQueued::unsent(request)).err()?;
        let pushed_out = self.spare.replace(Some(unsent))?;
        waiting.set(waiting.get() - 1);
        self.rounds.set(self.rounds.get().wrapping_sub(1));
        Some(pushed_out)
    }

    pub(super) fn take_unsent(&self) -> Option<S::Request> {
        let is_unsent = |queued: &FixedQueued<S>| queued.kind() == Kind::Unsent;
        let unsent = match self.spare.take() {
            Some(spare) if is_unsent(&spare) => spare,
            other => {
                self.spare.set(other);
                self.queue.pop_if(is_unsent)?
            }
        };
        Some(unsent.into_parts().0)
    }

    pub(super) fn wants_results(&self) -> bool {
        self.keep.get().wants(|| self.consumers.get() > 0)
    }

    /// Publishes a response by the policy. A runner that is not `open` does not wait for its consumers.
    pub(super) fn publish(
        &self,
        answer: AnswerOf<S>,
        open: bool,
        dropped: &Counter,
    ) -> Published<AnswerOf<S>> {
        if !self.wants_results() {
            return Published::Dropped(answer);
        }
        let KeepResults { capacity, overflow, .. } = self.keep.get();
        let full = self.results.len() >= capacity.map_or(RESULTS, NonZeroUsize::get);
        let mut gave_way = None;
        match overflow {
            Overflow::Wait if full && open => return Published::Waits(answer),
            Overflow::DropOldest if full => {
                gave_way = self.results.pop();
                dropped.add_one();
            }
            Overflow::DropNewest if full => {
                dropped.add_one();
                return Published::Dropped(answer);
            }
            _ => {}
        }
        // A closing runner ignores the bound as long as there is room.
        if let Err(answer) = self.results.push(answer) {
            dropped.add_one();
            return Published::Dropped(answer);
        }
        Published::Kept(gave_way)
    }

    /// Takes a response that no consumer will read, if there is one.
    pub(super) fn take_unread(&self) -> Option<AnswerOf<S>> {
        if self.wants_results() { None } else { self.results.pop() }
    }

    /// Stores the worker's waker: for a request if it is `idle`, else for any event. Returns the waker that it
    /// replaces, to be dropped once no lock is held.
    #[must_use]
    #[inline]
    pub(super) fn worker_waits(&self, waker: &Waker, idle: bool) -> Option<Waker> {
        self.idle.set(idle);
        match self.worker.take() {
            Some(kept) if kept.will_wake(waker) => {
                self.worker.set(Some(kept));
                None
            }
            replaced => {
                self.worker.set(Some(waker.clone()));
                replaced
            }
        }
    }

    /// Takes the worker's waker if the worker waits for a request.
    #[inline]
    pub(super) fn take_idle(&self) -> Option<Waker> {
        if self.idle.take() { self.worker.take() } else { None }
    }

    /// Takes the worker's waker, whatever the worker waits for.
    pub(super) fn take_worker(&self) -> Option<Waker> {
        self.idle.set(false);
        self.worker.take()
    }
}
