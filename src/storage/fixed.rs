//! The storage for machines without an allocator: queue, reply slots and results in one `static` of fixed size,
//! under one lock of `embassy-sync`.

mod queued;
mod receiver;
mod results;
mod ring;
mod slots;
mod state;
mod unsent;
mod waiters;
mod worker_side;

use core::fmt;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use core::task::{self, Poll, Waker};

use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;

use self::queued::FixedQueued;
use self::receiver::FixedReplyReceiver;
use self::results::FixedResponses;
use self::slots::SlotIndex;
use self::state::{Published, State};
use self::waiters::Event;
use super::{AnswerOf, Cancel, Enqueued, Refused, Reply, Storage};
use crate::answer::RequestId;
use crate::contain::contain;
use crate::error::InvalidArgument;
use crate::keep_results::KeepResults;
use crate::life::{Exit, Phase};
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::stats::{Counter, Counters};
use crate::trace;

pub use self::unsent::Unsent;

/// The memory of one runner, of a size that is fixed at compile time: for a `static`, without an allocator.
///
/// - `M` is the lock: `CriticalSectionRawMutex` between threads, cores and interrupts; `ThreadModeRawMutex` on a chip
///   with one core, outside of interrupts; `NoopRawMutex` within one executor (for a storage that is not a `static`).
/// - `QUEUE` is the number of requests that can wait in the queue, re-queued rounds among them.
/// - `TICKETS` is the number of tickets that can be out at once. A ticket frees its slot when it is ready, cancelled or
///   dropped. If it is cancelled while its request is being sent, the slot is freed when the send ends.
/// - `RESULTS` is the number of responses that can wait for consumers. With 0 there are no results.
/// - `WAITERS` is the number of waits that are kept at once: for room, for a response and for the runner's end,
///   all together. More are served, too, but by repeated polls, which cost power.
///
/// Without room or a free slot, [`request`](crate::SenderRunner::request) waits and
/// [`try_request`](crate::SenderRunner::try_request) returns the request. By default, the runner waits for its
/// consumers while `RESULTS` responses are unread. A closing runner does not wait. It drops responses that find no
/// room, and counts them.
///
/// ```
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use telegram_sender::runner::{Builder, Exit};
/// use telegram_sender::storage::FixedStorage;
/// use telegram_sender::{MessageResponse, MessageSender, Smol};
///
/// struct Echo;
///
/// impl MessageSender for Echo {
///     type Request = u32;
///     type Message = u32;
///     type Rejection = ();
///     type Error = ();
///
///     async fn send_message(&self, request: &u32) -> Result<MessageResponse<Self>, ()> {
///         Ok(Ok(*request))
///     }
/// }
///
/// static STORAGE: FixedStorage<CriticalSectionRawMutex, Echo, 8, 8, 0> = FixedStorage::new();
///
/// let (runner, worker) = Builder::new(Echo).prepare_in(&STORAGE, Smol)?.run();
/// let main = async {
///     assert_eq!(runner.request(7).await.unwrap().await, Ok(7));
///     runner.close().await
/// };
/// let (exit, _) = smol::block_on(smol::future::zip(worker, main));
/// assert_eq!(exit, Ok(Exit::Drained));
/// // A storage serves one runner.
/// assert!(Builder::new(Echo).prepare_in(&STORAGE, Smol).is_err());
/// # Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
pub struct FixedStorage<
    M,
    S: MessageSender,
    const QUEUE: usize,
    const TICKETS: usize,
    const RESULTS: usize,
    const WAITERS: usize = 4,
> {
    state: Mutex<M, State<S, QUEUE, TICKETS, RESULTS, WAITERS>>,
    /// Written under the lock, read without it.
    phase: AtomicU8,
    /// True if responses are to be published. Written under the lock, read without it.
    wants_results: AtomicBool,
    /// The number of requests and rounds that wait to be sent. Written under the lock, read without it.
    waiting: Counter,
    counters: Counters,
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedStorage<M, S, Q, T, R, W>
{
    /// Creates an empty storage for one runner.
    pub const fn new() -> Self {
        Self {
            state: Mutex::new(State::new()),
            phase: AtomicU8::new(Phase::Open as u8),
            wants_results: AtomicBool::new(false),
            waiting: Counter::new(),
            counters: Counters::new(),
        }
    }

    /// Runs `work` under the lock. It must not run user code, except for `Waker::clone`: no wakes, no drops.
    fn with<U>(&self, work: impl FnOnce(&State<S, Q, T, R, W>) -> U) -> U {
        self.state.lock(work)
    }

    /// Returns the phase. A reader that sees a closing or aborting runner also sees each request that was accepted
    /// before, as `waiting` is written before the phase.
    fn current_phase(&self) -> Phase {
        Phase::from_bits(self.phase.load(Ordering::Acquire))
    }

    /// Returns true if the worker has stopped. Call this after a waker is stored: `stop` sets the phase under the
    /// lock before it wakes.
    fn has_stopped(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == Phase::Stopped as u8
    }

    fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    fn is_open(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == Phase::Open as u8
    }

    /// Updates `wants_results` after it may have changed.
    fn note_wants(&self, state: &State<S, Q, T, R, W>) {
        self.wants_results.store(state.wants_results(), Ordering::Relaxed);
    }

    /// Waits in the line for `event` until `look` finds something under the lock.
    fn poll_for<U>(
        &self,
        cx: &task::Context<'_>,
        event: Event,
        look: impl FnOnce(&State<S, Q, T, R, W>) -> Option<U>,
    ) -> Poll<U> {
        let found = self.with(|state| match look(state) {
            Some(found) => Ok((found, state.waiters.leave(event, cx.waker()))),
            None => Err(state.waiters.register(event, cx.waker())),
        });
        match found {
            Ok((found, _left)) => Poll::Ready(found),
            Err(evicted) => {
                if let Some(evicted) = evicted {
                    contain(|| evicted.wake());
                }
                Poll::Pending
            }
        }
    }

    /// Wakes the tasks that wait for `event`. A waker that panics when it is cloned or called affects no other.
    #[cold]
    fn wake(&self, event: Event) {
        self.with(|state| state.waiters.call(event));
        loop {
            match contain(|| self.with(|state| state.waiters.next_due())) {
                Some(Some(waiter)) => _ = contain(|| waiter.wake()),
                Some(None) => return,
                None => {}
            }
        }
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Default
    for FixedStorage<M, S, Q, T, R, W>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> fmt::Debug
    for FixedStorage<M, S, Q, T, R, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedStorage").field("phase", &self.current_phase()).finish_non_exhaustive()
    }
}

impl<'a, M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    Storage<S> for &'a FixedStorage<M, S, Q, T, R, W>
{
    type Queued = FixedQueued<S>;
    type ReplyReceiver = FixedReplyReceiver<'a, M, S, Q, T, R, W>;
    type Wait = ();
    type WorkerSide = Self;
    type Unsent = Unsent<'a, M, S, Q, T, R, W>;
    type Responses = FixedResponses<'a, M, S, Q, T, R, W>;

    fn occupy(&mut self, capacity: Option<NonZeroUsize>, keep: KeepResults) -> Result<Self, InvalidArgument> {
        let capacity = capacity.map_or(Q, NonZeroUsize::get);
        if Q == 0 || T == 0 {
            return Err(InvalidArgument::new("storage", "must have room for a request and for a ticket"));
        }
        let Some(capacity) = u16::try_from(capacity).ok().filter(|_| capacity <= Q) else {
            return Err(InvalidArgument::new("capacity", "must be at most the storage's own"));
        };
        if keep.capacity.is_some_and(|capacity| capacity.get() > R) {
            return Err(InvalidArgument::new("capacity", "of results must be at most the storage's own"));
        }
        self.with(|state| {
            if state.capacity.get() > 0 {
                return Err(InvalidArgument::new("storage", "must be new: it serves another runner, or has"));
            }
            state.capacity.set(capacity);
            // `R` is a constant.
            if R > 0 {
                state.keep.set(keep);
                self.note_wants(state);
            }
            Ok(*self)
        })
    }

    fn try_enqueue(
        &self,
        request: &mut Option<S::Request>,
        queued_at: Instant,
    ) -> Enqueued<Self::ReplyReceiver> {
        let mut idle = None;
        let (id, slot) = self.with(|state| {
            if !self.is_open() {
                return Err(Refused::Closing);
            }
            let accepted = state.accept(request, queued_at, &self.waiting).ok_or(Refused::Full)?;
            idle = state.take_idle();
            Ok(accepted)
        })?;
        if let Some(worker) = idle {
            contain(|| worker.wake());
        }
        Ok((id, FixedReplyReceiver { storage: self, slot }))
    }

    fn poll_room(&self, (): &mut (), cx: &mut task::Context<'_>) -> Poll<()> {
        self.poll_for(cx, Event::Room, |state| {
            (state.has_room(self.waiting.get()) || !self.is_open()).then_some(())
        })
    }

    fn cancel(receiver: &mut Self::ReplyReceiver, id: RequestId) -> Cancel {
        receiver.cancel(id)
    }

    fn queued(&self) -> usize {
        self.waiting.get()
    }

    fn settle(&self, id: RequestId, slot: SlotIndex, reply: Reply<S>) -> bool {
        match self.with(|state| state.slots.settle(slot, id, reply)) {
            Ok(ticket) => {
                contain(|| ticket.map(Waker::wake));
                true
            }
            Err(unasked) => {
                let was_cancelled = unasked.was_cancelled;
                contain(|| drop(unasked));
                if was_cancelled {
                    self.wake(Event::Room);
                }
                !was_cancelled
            }
        }
    }

    fn wants_results(&self) -> bool {
        R > 0 && self.wants_results.load(Ordering::Relaxed)
    }

    fn poll_publish(&self, place: &mut Option<AnswerOf<S>>, cx: &mut task::Context<'_>) -> Poll<()> {
        // `R` is a constant: without results, the code below is not linked.
        if R == 0 {
            return Poll::Ready(());
        }
        let Some(answer) = place.take() else { return Poll::Ready(()) };
        let (published, _replaced) = self.with(|state| {
            let published = state.publish(answer, self.is_open(), &self.counters.results_dropped);
            let waits = matches!(published, Published::Waits(_));
            (published, waits.then(|| state.worker_waits(cx.waker(), false)))
        });
        match published {
            Published::Kept(gave_way) => {
                self.wake(Event::Response);
                contain(|| drop(gave_way));
            }
            Published::Dropped(answer) => _ = contain(|| drop(answer)),
            Published::Waits(answer) => {
                *place = Some(answer);
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }

    fn subscribe(&self) -> Self::Responses {
        self.with(|state| {
            state.consumers.set(state.consumers.get() + 1);
            self.note_wants(state);
        });
        FixedResponses { storage: self }
    }

    fn end_results(&self) {
        self.with(|state| state.results_ended.set(true));
        self.wake(Event::Response);
    }

    fn add_handle(&self) {
        self.with(|state| state.handles.set(state.handles.get() + 1));
    }

    fn remove_handle(&self) {
        let left = self.with(|state| {
            state.handles.set(state.handles.get() - 1);
            state.handles.get()
        });
        if left == 0 {
            self.advance(Phase::Closing);
        }
    }

    fn phase(&self) -> Phase {
        self.current_phase()
    }

    fn advance(&self, to: Phase) {
        let advanced = self.with(|state| {
            if self.current_phase() >= to {
                return None;
            }
            self.set_phase(to);
            Some((self.waiting.get(), state.take_worker()))
        });
        let Some((queued, worker)) = advanced else { return };
        match to {
            Phase::Aborting => trace::aborting(queued),
            _ => trace::closing(queued),
        }
        if let Some(worker) = worker {
            contain(|| worker.wake());
        }
        self.wake(Event::Room);
    }

    fn poll_abort(&self, cx: &mut task::Context<'_>) -> Poll<()> {
        let replaced = self.with(|state| {
            if self.current_phase() >= Phase::Aborting {
                return Err(());
            }
            Ok(state.worker_waits(cx.waker(), false))
        });
        if replaced.is_ok() { Poll::Pending } else { Poll::Ready(()) }
    }

    fn keep_unsent(&self, request: S::Request) {
        if let Some(pushed_out) = self.with(|state| state.keep_unsent(request, &self.waiting)) {
            self.counters.unsent.add_one();
            contain(|| drop(pushed_out));
        }
    }

    fn take_unsent(&self) -> Self::Unsent {
        Unsent { storage: self }
    }

    fn stop(&self, exit: Exit) {
        self.with(|state| {
            self.set_phase(Phase::Stopped);
            state.exit.set(exit);
            state.results_ended.set(true);
        });
        trace::stopped(&exit);
        for slot in 0..T {
            if let Some(ticket) = self.with(|state| state.slots.take_waker(slot)) {
                contain(|| ticket.wake());
            }
        }
        for event in [Event::Room, Event::Response, Event::End] {
            self.wake(event);
        }
    }

    fn poll_stopped(&self, (): &mut (), cx: &mut task::Context<'_>) -> Poll<Exit> {
        self.poll_for(cx, Event::End, |state| {
            (self.current_phase() == Phase::Stopped).then_some(state.exit.get())
        })
    }
}
