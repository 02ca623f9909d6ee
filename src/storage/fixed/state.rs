//! All that a fixed storage holds, under its one lock. Nothing here runs foreign code: what is to be woken or dropped is
//! given out, for when the lock is not held any more.

use core::mem::replace;
use core::task::Waker;

use super::ring::Ring;
use super::slots::Slots;
use super::waiters::Waiters;
use crate::results::{KeepResults, Overflow};
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{AnswerOf, Exit, Job};
use crate::strategy::RequestId;

/// A request in the queue; the worker's end of its reply is its ticket's slot.
pub(super) type FixedJob<S> = Job<<S as MessageSender>::Request, usize>;

pub(super) enum Entry<S: MessageSender> {
    Waiting {
        job: FixedJob<S>,
        cancelled: bool,
    },
    /// It was not sent, and is to be taken back.
    Unsent(S::Request),
}

pub(super) struct State<
    S: MessageSender,
    const QUEUE: usize,
    const TICKETS: usize,
    const RESULTS: usize,
    const WAITERS: usize,
> {
    /// Whether a runner was ever made here.
    pub(super) occupied: bool,
    /// The builder's bound of the queue.
    pub(super) capacity: usize,
    pub(super) keep: KeepResults,
    pub(super) handles: usize,
    pub(super) exit: Option<Exit>,
    next_id: u64,
    queue: Ring<Entry<S>, QUEUE>,
    /// The place of what the worker has in hand and may put back when the queue is full.
    spare: Option<Entry<S>>,
    /// How many entries wait to be sent, and how many of these are callers' own: re-queued rounds don't count in the
    /// bound.
    pub(super) waiting: usize,
    inside: usize,
    /// The request in hand, if its ticket was cancelled meanwhile.
    pub(super) cancelled_in_hand: Option<RequestId>,
    pub(super) slots: Slots<S, TICKETS>,
    pub(super) results: Ring<AnswerOf<S>, RESULTS>,
    pub(super) results_ended: bool,
    pub(super) results_dropped: usize,
    pub(super) consumers: usize,
    /// The worker, when it waits for a request.
    pub(super) idle: Option<Waker>,
    /// The worker, when it waits for anything else.
    pub(super) busy: Option<Waker>,
    /// Callers that wait for room.
    pub(super) room: Waiters<WAITERS>,
    /// Consumers that wait for a response.
    pub(super) arrived: Waiters<WAITERS>,
    /// Those who wait for the runner's end.
    pub(super) ended: Waiters<WAITERS>,
}

/// What becomes of a response.
pub(super) enum Published<A, const WAITERS: usize> {
    /// It is in the queue; the waiters are to be woken, and what gave way is to be dropped.
    Kept(Waiters<WAITERS>, Option<A>),
    Dropped(A),
    /// There is no room yet.
    Waits(A),
}

impl<S: MessageSender, const QUEUE: usize, const TICKETS: usize, const RESULTS: usize, const WAITERS: usize>
    State<S, QUEUE, TICKETS, RESULTS, WAITERS>
{
    pub(super) const fn new() -> Self {
        Self {
            occupied: false,
            capacity: QUEUE,
            keep: KeepResults::while_read(),
            handles: 0,
            exit: None,
            next_id: 0,
            queue: Ring::new(),
            spare: None,
            waiting: 0,
            inside: 0,
            cancelled_in_hand: None,
            slots: Slots::new(),
            results: Ring::new(),
            results_ended: false,
            results_dropped: 0,
            consumers: 0,
            idle: None,
            busy: None,
            room: Waiters::new(),
            arrived: Waiters::new(),
            ended: Waiters::new(),
        }
    }

    /// Whether one more request of a caller finds room, and a slot for its ticket.
    pub(super) const fn has_room(&self) -> bool {
        self.inside < self.capacity && !self.queue.is_full() && self.spare.is_none() && self.slots.has_room()
    }

    /// Takes a request for which there is room. Gives its id and its ticket's slot.
    pub(super) fn accept(&mut self, request: S::Request, queued_at: Instant) -> (RequestId, usize) {
        let id = RequestId::new(self.next_id);
        self.next_id += 1;
        let slot = self.slots.take(id);
        let job = Job { id, cycle: 0, request, queued_at, reply: Some(slot) };
        self.inside += 1;
        self.waiting += 1;
        let pushed = self.queue.push(Entry::Waiting { job, cancelled: false });
        debug_assert!(pushed.is_ok(), "there is room");
        (id, slot)
    }

    /// Puts the request in hand behind those waiting: always once for each that was taken.
    pub(super) fn put_back(&mut self, job: FixedJob<S>) -> Result<(), FixedJob<S>> {
        if self.spare.is_some() {
            return Err(job);
        }
        self.waiting += 1;
        if let Err(entry) = self.queue.push(Entry::Waiting { job, cancelled: false }) {
            self.spare = Some(entry);
        }
        Ok(())
    }

    /// The next entry that waits; `true` with one that was cancelled.
    pub(super) fn pop(&mut self) -> Option<(FixedJob<S>, bool)> {
        let entry = self.queue.pop_if(|entry| matches!(entry, Entry::Waiting { .. }))?;
        if let Some(spare) = self.spare.take() {
            match spare {
                Entry::Waiting { .. } => {
                    let pushed = self.queue.push(spare);
                    debug_assert!(pushed.is_ok(), "one has just left");
                }
                // The first of those to be taken back.
                Entry::Unsent(_) => self.spare = Some(spare),
            }
        }
        let Entry::Waiting { job, cancelled } = entry else { return None };
        self.waiting -= 1;
        if job.cycle == 0 {
            self.inside -= 1;
        }
        Some((job, cancelled))
    }

    /// Notes that the request's ticket was cancelled.
    pub(super) fn cancel(&mut self, id: RequestId) {
        for entry in self.queue.iter_mut() {
            if let Entry::Waiting { job, cancelled } = entry
                && job.id == id
                && job.cycle == 0
            {
                *cancelled = true;
                return;
            }
        }
        self.cancelled_in_hand = Some(id);
    }

    /// Keeps a request that was taken out and not sent. What it pushes out is a round, to be counted and dropped.
    #[must_use]
    pub(super) fn keep_unsent(&mut self, request: S::Request) -> Option<Entry<S>> {
        let entry = self.queue.push(Entry::Unsent(request)).err()?;
        let pushed_out = self.spare.replace(entry)?;
        self.waiting -= 1;
        Some(pushed_out)
    }

    pub(super) fn take_unsent(&mut self) -> Option<S::Request> {
        let is_unsent = |entry: &Entry<S>| matches!(entry, Entry::Unsent(_));
        let entry = self.spare.take_if(|entry| is_unsent(entry)).or_else(|| self.queue.pop_if(is_unsent))?;
        match entry {
            Entry::Unsent(request) => Some(request),
            Entry::Waiting { .. } => None,
        }
    }

    pub(super) fn wants_results(&self) -> bool {
        RESULTS > 0 && self.keep.always.unwrap_or(self.consumers > 0)
    }

    /// Publishes a response by the policy. A runner that is not `open` does not wait for its consumers.
    pub(super) fn publish(&mut self, answer: AnswerOf<S>, open: bool) -> Published<AnswerOf<S>, WAITERS> {
        if !self.wants_results() {
            return Published::Dropped(answer);
        }
        let (capacity, overflow) = match self.keep.bound {
            Some(bound) => (bound.capacity.get(), bound.overflow),
            None => (RESULTS, Overflow::Wait),
        };
        let full = self.results.len() >= capacity;
        let mut dropped = None;
        match overflow {
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
        Published::Kept(self.arrived.all(), dropped)
    }

    /// Whether a consumer's leaving leaves responses that nobody will read.
    pub(super) fn remove_consumer(&mut self) -> Ring<AnswerOf<S>, RESULTS> {
        self.consumers -= 1;
        if self.consumers == 0 && self.keep.always.is_none() {
            return replace(&mut self.results, Ring::new());
        }
        Ring::new()
    }
}
