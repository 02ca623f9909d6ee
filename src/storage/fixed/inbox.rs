//! The worker's side of a fixed storage: takes requests in turn, and knows the cancelled.

use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::job::{FixedJob, Kind};
use super::slots::SlotIndex;
use super::state::{Published, State};
use super::waiters::Event;
use crate::answer::Answer;
use crate::contain::contain;
use crate::sender::{MessageResponse, MessageSender};
use crate::storage::{AnswerOf, Inbox, Job, Settled, Taken};
use crate::strategy::RequestId;

/// The worker's side of a [`FixedStorage`].
pub struct FixedInbox<
    'a,
    M: RawMutex,
    S: MessageSender,
    const Q: usize,
    const T: usize,
    const R: usize,
    const W: usize,
> {
    storage: &'a FixedStorage<M, S, Q, T, R, W>,
    /// A response that is to be published.
    unpublished: Option<AnswerOf<S>>,
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedInbox<'a, M, S, Q, T, R, W>
{
    pub(super) const fn new(storage: &'a FixedStorage<M, S, Q, T, R, W>) -> Self {
        Self { storage, unpublished: None }
    }

    /// Takes the next request. Where there is none and may be one later, a worker that `waits` is told of it.
    fn poll_take(&self, hand: &mut Option<FixedJob<S>>, waits: Option<&Context<'_>>) -> Poll<bool> {
        let storage = self.storage;
        let mut others_wait = false;
        let mut _replaced = None;
        let found = storage.with(|state| {
            if state.pop(hand, &storage.waiting) {
                others_wait = state.waiters.any();
                return Poll::Ready(true);
            }
            match waits {
                Some(cx) if storage.is_open() => {
                    _replaced = state.worker_waits(cx.waker(), true);
                    Poll::Pending
                }
                _ => Poll::Ready(false),
            }
        });
        if others_wait {
            storage.wake(Event::Room);
        }
        found
    }
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    Inbox<S, &'a FixedStorage<M, S, Q, T, R, W>> for FixedInbox<'a, M, S, Q, T, R, W>
{
    #[inline]
    fn storage(&self) -> &&'a FixedStorage<M, S, Q, T, R, W> {
        &self.storage
    }

    fn next(&mut self, hand: &mut Option<FixedJob<S>>) -> impl Future<Output = bool> {
        poll_fn(|cx| self.poll_take(hand, Some(cx)))
    }

    #[inline]
    fn next_left(&mut self, hand: &mut Option<FixedJob<S>>) -> bool {
        // Most often there is none: to know that takes no lock.
        self.storage.waiting.get() > 0 && self.poll_take(hand, None) == Poll::Ready(true)
    }

    #[inline]
    fn accept(&mut self, job: &FixedJob<S>) -> bool {
        job.kind() != Kind::Cancelled
    }

    fn requeue(&mut self, job: Job<S::Request, SlotIndex>) -> Result<(), Job<S::Request, SlotIndex>> {
        self.storage.with(|state| {
            if !self.storage.is_open() || !State::<S, Q, T, R, W>::has_room_for_round(&self.storage.waiting) {
                return Err(job);
            }
            state.put_back(FixedJob::round(job), &self.storage.waiting);
            Ok(())
        })
    }

    #[inline]
    fn resolve(&mut self, id: RequestId, slot: SlotIndex, settled: Settled<S>) -> bool {
        let settled = self.storage.with(|state| match state.slots.settle(slot, id, settled) {
            Ok(ticket) => Ok(ticket),
            Err(unasked) => Err((unasked, state.take_cancelled())),
        });
        match settled {
            Ok(ticket) => {
                if let Some(ticket) = ticket {
                    contain(|| ticket.wake());
                }
                false
            }
            Err((_unasked, cancelled)) => cancelled,
        }
    }

    fn publish(&mut self, taken: &FixedJob<S>, attempts: u32, response: MessageResponse<S>) -> bool {
        self.unpublished = Some(Answer { id: taken.id(), cycle: taken.cycle(), attempts, response });
        false
    }

    fn poll_published(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Known at compile time: without results, none of the code below is linked.
        if R == 0 {
            return Poll::Ready(());
        }
        let Some(answer) = self.unpublished.take() else { return Poll::Ready(()) };
        let storage = self.storage;
        let (published, _replaced) = storage.with(|state| {
            let published = state.publish(answer, storage.is_open(), &storage.counters.results_dropped);
            let waits = matches!(published, Published::Waits(_));
            (published, waits.then(|| state.worker_waits(cx.waker(), false)))
        });
        match published {
            Published::Kept(gave_way) => {
                storage.wake(Event::Response);
                contain(|| drop(gave_way));
            }
            Published::Dropped(answer) => _ = contain(|| drop(answer)),
            Published::Waits(answer) => {
                self.unpublished = Some(answer);
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> fmt::Debug
    for FixedInbox<'_, M, S, Q, T, R, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedInbox").finish_non_exhaustive()
    }
}
