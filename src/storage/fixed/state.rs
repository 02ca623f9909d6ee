//! All that a fixed storage holds, under its one lock. Nothing here runs foreign code: what is to be woken or dropped is
//! given out, for when the lock is not held any more.
//!
//! Before a runner is made of it, it is all zero: so a `static` takes no room in the flash.

use core::mem::replace;
use core::task::Waker;

use super::job::{FixedJob, Kind};
use super::ring::Ring;
use super::slots::{SlotIndex, Slots};
use super::waiters::Waiters;
use crate::results::{KeepResults, Overflow};
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::Counter;
use crate::storage::{AnswerOf, Exit};
use crate::strategy::RequestId;

pub(super) struct State<
    S: MessageSender,
    const QUEUE: usize,
    const TICKETS: usize,
    const RESULTS: usize,
    const WAITERS: usize,
> {
    next_id: u64,
    queue: Ring<FixedJob<S>, QUEUE>,
    /// The place of what the worker has in hand and may put back when the queue is full.
    spare: Option<FixedJob<S>>,
    pub(super) slots: Slots<S, TICKETS>,
    pub(super) results: Ring<AnswerOf<S>, RESULTS>,
    pub(super) policy: Policy,
    pub(super) results_dropped: usize,
    pub(super) handles: usize,
    consumers: usize,
    /// The worker, when it waits.
    worker: Option<Waker>,
    /// Callers and consumers that wait.
    pub(super) waiters: Waiters<WAITERS>,
    /// The builder's bound of the queue; zero before a runner was made here.
    pub(super) capacity: u16,
    /// How many of those that wait to be sent are callers' own: re-queued rounds don't count in the bound.
    inside: u16,
    /// Whether the worker waits for a request, and for nothing else.
    idle: bool,
    /// Whether the ticket of the request in hand was cancelled.
    cancelled_in_hand: bool,
    pub(super) results_ended: bool,
    /// Once the worker has ended.
    pub(super) exit: Exit,
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
        let (capacity, overflow) = match keep.bound {
            Some(bound) if bound.capacity.get() > places => return None,
            Some(bound) => (u16::try_from(bound.capacity.get()).ok()?, bound.overflow),
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
            next_id: 0,
            queue: Ring::new(),
            spare: None,
            slots: Slots::new(),
            results: Ring::new(),
            policy: Policy { capacity: 0, overflow: Overflow::Wait, keep: Keep::WhileRead },
            results_dropped: 0,
            handles: 0,
            consumers: 0,
            worker: None,
            waiters: Waiters::new(),
            capacity: 0,
            inside: 0,
            idle: false,
            cancelled_in_hand: false,
            results_ended: false,
            exit: Exit::Drained,
        }
    }

    /// Whether one more request of a caller finds room, and a slot for its ticket. A queue with something in the spare
    /// place is full, or closed.
    #[inline]
    pub(super) const fn has_room(&self) -> bool {
        self.inside < self.capacity && !self.queue.is_full() && self.slots.has_room()
    }

    /// Takes a request for which there is room. Gives its id and its ticket's slot.
    #[inline]
    pub(super) fn accept(
        &mut self,
        request: S::Request,
        queued_at: Instant,
        waiting: &Counter,
    ) -> Result<(RequestId, SlotIndex), S::Request> {
        let id = RequestId::new(self.next_id);
        if self.inside >= self.capacity || self.queue.is_full() {
            return Err(request);
        }
        let Some(slot) = self.slots.take(id) else { return Err(request) };
        self.next_id += 1;
        self.inside += 1;
        waiting.add_one();
        let pushed = self.queue.push(FixedJob::first(id, queued_at, slot, request));
        debug_assert!(pushed.is_ok(), "there is room");
        Ok((id, slot))
    }

    /// Puts the request in hand behind those waiting: always once for each that was taken.
    pub(super) fn put_back(&mut self, job: FixedJob<S>, waiting: &Counter) {
        debug_assert!(self.spare.is_none(), "one was taken");
        waiting.add_one();
        if let Err(job) = self.queue.push(job) {
            self.spare = Some(job);
        }
    }

    /// The next that waits, maybe a cancelled one.
    #[inline]
    pub(super) fn pop(&mut self, waiting: &Counter) -> Option<FixedJob<S>> {
        let job = self.queue.pop_if(|job| job.kind() != Kind::Unsent)?;
        // Whatever was taken is in hand now, and not cancelled there.
        self.cancelled_in_hand = false;
        waiting.set(waiting.get().wrapping_sub(1));
        if job.kind() != Kind::Round {
            self.inside -= 1;
        }
        if self.spare.is_some() {
            self.fill_up();
        }
        Some(job)
    }

    /// Moves what waits in the spare place into the queue, which one has just left.
    #[cold]
    fn fill_up(&mut self) {
        // What is unsent there stays: it is the first to be taken back.
        if let Some(spare) = self.spare.take_if(|spare| spare.kind() != Kind::Unsent) {
            let pushed = self.queue.push(spare);
            debug_assert!(pushed.is_ok(), "one has just left");
        }
    }

    /// Notes that the request's ticket was cancelled.
    pub(super) fn cancel(&mut self, id: RequestId) {
        if !self.queue.iter_mut().any(|job| job.cancel(id)) {
            self.cancelled_in_hand = true;
        }
    }

    /// Whether the ticket of the request in hand was cancelled; told once.
    pub(super) fn take_cancelled(&mut self) -> bool {
        replace(&mut self.cancelled_in_hand, false)
    }

    /// Keeps a request that was taken out and not sent. What it pushes out is a round, to be counted and dropped.
    #[must_use]
    pub(super) fn keep_unsent(&mut self, request: S::Request, waiting: &Counter) -> Option<FixedJob<S>> {
        let job = self.queue.push(FixedJob::unsent(request)).err()?;
        let pushed_out = self.spare.replace(job)?;
        waiting.set(waiting.get().wrapping_sub(1));
        Some(pushed_out)
    }

    pub(super) fn take_unsent(&mut self) -> Option<S::Request> {
        let is_unsent = |job: &FixedJob<S>| job.kind() == Kind::Unsent;
        let job = self.spare.take_if(|job| is_unsent(job)).or_else(|| self.queue.pop_if(is_unsent))?;
        Some(job.into_request())
    }

    pub(super) const fn wants_results(&self) -> bool {
        match self.policy.keep {
            Keep::WhileRead => self.consumers > 0,
            Keep::Always => true,
            Keep::Never => false,
        }
    }

    /// Publishes a response by the policy. A runner that is not `open` does not wait for its consumers.
    pub(super) fn publish(&mut self, answer: AnswerOf<S>, open: bool) -> Published<AnswerOf<S>> {
        if !self.wants_results() {
            return Published::Dropped(answer);
        }
        let capacity = if self.policy.capacity == 0 { RESULTS } else { self.policy.capacity.into() };
        let full = self.results.len() >= capacity;
        let mut dropped = None;
        match self.policy.overflow {
            Overflow::Wait if full && open => return Published::Waits(answer),
            Overflow::DropOldest if full => {
                dropped = self.results.pop();
                self.results_dropped += 1;
            }
            Overflow::DropNewest if full => {
                self.results_dropped += 1;
                return Published::Dropped(answer);
            }
            _ => {}
        }
        // Once the runner closes, the bound is lifted as far as there is room.
        if let Err(answer) = self.results.push(answer) {
            self.results_dropped += 1;
            return Published::Dropped(answer);
        }
        Published::Kept(dropped)
    }

    pub(super) const fn add_consumer(&mut self) {
        self.consumers += 1;
    }

    /// Whether a consumer's leaving leaves responses that nobody will read.
    pub(super) fn remove_consumer(&mut self) -> Ring<AnswerOf<S>, RESULTS> {
        self.consumers -= 1;
        if self.consumers == 0 && matches!(self.policy.keep, Keep::WhileRead) {
            return replace(&mut self.results, Ring::new());
        }
        Ring::new()
    }

    /// Keeps the worker's waker: for a request if it is `idle`, else for whatever comes. What gives way is to be dropped
    /// once no lock is held.
    #[must_use]
    #[inline]
    pub(super) fn worker_waits(&mut self, waker: &Waker, idle: bool) -> Option<Waker> {
        self.idle = idle;
        super::keep_waker(&mut self.worker, waker)
    }

    /// The worker, if it waits for a request.
    #[inline]
    pub(super) const fn take_idle(&mut self) -> Option<Waker> {
        if replace(&mut self.idle, false) { self.worker.take() } else { None }
    }

    /// The worker, whatever it waits for.
    pub(super) const fn take_worker(&mut self) -> Option<Waker> {
        self.idle = false;
        self.worker.take()
    }
}
