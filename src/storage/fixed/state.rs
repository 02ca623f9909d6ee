//! All that a fixed storage holds, under its one lock. Nothing here runs foreign code: what is to be woken or dropped is
//! given out, for when the lock is not held any more.
//!
//! Before a runner is made of it, it is all zero: so a `static` takes no room in the flash.

use core::cell::Cell;
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
    /// The place of what has its turn and may be put back when the queue is full.
    spare: Cell<Option<FixedQueued<S>>>,
    pub(super) slots: Slots<S, TICKETS>,
    pub(super) results: Ring<AnswerOf<S>, RESULTS>,
    pub(super) policy: Cell<Policy>,
    handles: Cell<usize>,
    consumers: Cell<usize>,
    /// The worker, when it waits.
    worker: Cell<Option<Waker>>,
    /// Callers and consumers that wait.
    pub(super) waiters: Waiters<WAITERS>,
    /// The builder's bound of the queue; zero before a runner was made here.
    pub(super) capacity: Cell<u16>,
    /// How many of those that wait to be sent are re-queued rounds, which don't count in the bound.
    rounds: Cell<u32>,
    /// Whether the worker waits for a request, and for nothing else.
    idle: Cell<bool>,
    pub(super) results_ended: Cell<bool>,
    /// Once the worker has ended.
    pub(super) exit: Cell<Exit>,
}

/// Which responses are kept, and how many.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    /// Zero for all that there is room for.
    capacity: u16,
    overflow: Overflow,
    keep: Keep,
}

#[derive(Clone, Copy)]
enum Keep {
    WhileRead,
    Always,
    Never,
}

impl Policy {
    /// `None` if it keeps more than `places`.
    pub(super) fn new(keep: KeepResults, places: usize) -> Option<Self> {
        let (capacity, overflow) = match keep.limit {
            Some(limit) if limit.capacity.get() > places => return None,
            Some(limit) => (u16::try_from(limit.capacity.get()).ok()?, limit.overflow),
            None => (0, Overflow::Wait),
        };
        let keep = match keep.always {
            None => Keep::WhileRead,
            Some(true) => Keep::Always,
            Some(false) => Keep::Never,
        };
        Some(Self { capacity, overflow, keep })
    }
}

/// What becomes of a response.
pub(super) enum Published<A> {
    /// It is in the queue; what gave way is to be dropped.
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
            policy: Cell::new(Policy { capacity: 0, overflow: Overflow::Wait, keep: Keep::WhileRead }),
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

    /// Whether one more request of a caller finds room, and a slot for its ticket, beside those `waiting`.
    #[inline]
    pub(super) fn has_room(&self, waiting: usize) -> bool {
        waiting < QUEUE
            && waiting - (self.rounds.get() as usize) < usize::from(self.capacity.get())
            && self.slots.has_room()
    }

    /// Takes a request, and gives its id and its ticket's slot; or leaves it where it is if there is no room.
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

    /// Whether there is room for one more round: always for one of the request in hand, even if the queue is full.
    pub(super) fn has_room_for_round(waiting: &Counter) -> bool {
        waiting.get() <= QUEUE
    }

    /// Puts a round of the request in hand behind those waiting, for which there is room.
    pub(super) fn put_back(&self, round: FixedQueued<S>, waiting: &Counter) {
        waiting.add_one();
        self.rounds.set(self.rounds.get() + 1);
        if let Err(round) = self.queue.push(round) {
            self.spare.set(Some(round));
        }
    }

    /// Puts the next that waits, maybe a cancelled one, into an empty `hand`. Tells whether there is one.
    #[inline]
    pub(super) fn pop(&self, hand: &mut Option<FixedQueued<S>>, waiting: &Counter) -> bool {
        let Some(left) = waiting.get().checked_sub(1) else { return false };
        self.queue.pop_into(hand);
        waiting.set(left);
        if hand.as_ref().is_some_and(|queued| queued.kind() == Kind::Round) {
            self.rounds.set(self.rounds.get() - 1);
        }
        // Only more rounds than there are places make use of the spare one.
        if left == QUEUE {
            self.fill_up();
        }
        true
    }

    /// Moves the round in the spare place into the queue, which one has just left.
    #[cold]
    fn fill_up(&self) {
        if let Some(spare) = self.spare.take() {
            let pushed = self.queue.push(spare);
            debug_assert!(pushed.is_ok(), "one has just left");
        }
    }

    /// Cancels the request `id`. In the queue it is marked there, so that its slot can serve another ticket at once; in its turn
    /// the slot is marked.
    pub(super) fn cancel(&self, slot: SlotIndex, id: RequestId) -> (Cancel, Option<Left<S>>) {
        if self.queue.find(|queued| queued.cancel(id)) {
            (Cancel::Skipped, self.slots.release(slot))
        } else {
            (Cancel::InFlight, self.slots.cancel(slot))
        }
    }

    /// Keeps a request that was taken out and not sent. What it pushes out is a round, to be counted and dropped.
    #[must_use]
    pub(super) fn keep_unsent(&self, request: S::Request, waiting: &Counter) -> Option<FixedQueued<S>> {
        let unsent = self.queue.push(FixedQueued::unsent(request)).err()?;
        let pushed_out = self.spare.replace(Some(unsent))?;
        waiting.set(waiting.get() - 1);
        self.rounds.set(self.rounds.get() - 1);
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
        match self.policy.get().keep {
            Keep::WhileRead => self.consumers.get() > 0,
            Keep::Always => true,
            Keep::Never => false,
        }
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
        let Policy { capacity, overflow, .. } = self.policy.get();
        let capacity = if capacity == 0 { RESULTS } else { capacity.into() };
        let full = self.results.len() >= capacity;
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
        // Once the runner closes, the bound is lifted as far as there is room.
        if let Err(answer) = self.results.push(answer) {
            dropped.add_one();
            return Published::Dropped(answer);
        }
        Published::Kept(gave_way)
    }

    pub(super) fn add_consumer(&self) {
        self.consumers.set(self.consumers.get() + 1);
    }

    pub(super) fn remove_consumer(&self) {
        self.consumers.set(self.consumers.get() - 1);
    }

    /// A response that nobody will read, if there is one.
    pub(super) fn take_unread(&self) -> Option<AnswerOf<S>> {
        if self.wants_results() { None } else { self.results.pop() }
    }

    pub(super) fn add_handle(&self) {
        self.handles.set(self.handles.get() + 1);
    }

    /// Whether it was the last one.
    pub(super) fn remove_handle(&self) -> bool {
        self.handles.set(self.handles.get() - 1);
        self.handles.get() == 0
    }

    /// Keeps the worker's waker: for a request if it is `idle`, else for whatever comes. What gives way is to be dropped
    /// once no lock is held.
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

    /// The worker, if it waits for a request.
    #[inline]
    pub(super) fn take_idle(&self) -> Option<Waker> {
        if self.idle.take() { self.worker.take() } else { None }
    }

    /// The worker, whatever it waits for.
    pub(super) fn take_worker(&self) -> Option<Waker> {
        self.idle.set(false);
        self.worker.take()
    }
}
