//! The life cycle on the heap: a phase that only goes forward, and the events that wake those who wait for it.

use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use core::task::{Context, Poll};

use event_listener::Event;
use futures::task::AtomicWaker;

use crate::storage::{Exit, Phase};

#[derive(Debug)]
pub(super) struct Life {
    /// The phase in the lower bits, above them how the worker ended.
    state: AtomicU8,
    handles: AtomicUsize,
    /// The worker, when it waits.
    worker: AtomicWaker,
    /// How many ids were issued, above one bit: whether the worker waits for a request. A caller takes an id before it
    /// enqueues and sees that bit in the same step, so that to wake the worker costs nothing where it does not wait.
    issued: AtomicUsize,
    ended: Event,
}

const EXIT_SHIFT: u8 = 2;
const PHASE_MASK: u8 = (1 << EXIT_SHIFT) - 1;

const IDLE: usize = 1;
const ID: usize = 2;

/// An id, and whether the worker is to be woken once its request is in the queue.
pub(super) struct Issued {
    pub(super) number: usize,
    pub(super) worker_waits: bool,
}

impl Life {
    pub(super) const fn new() -> Self {
        Self {
            state: AtomicU8::new(Phase::Open as u8),
            handles: AtomicUsize::new(0),
            worker: AtomicWaker::new(),
            issued: AtomicUsize::new(0),
            ended: Event::new(),
        }
    }

    #[inline]
    pub(super) fn add_handle(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it was the last one.
    #[inline]
    pub(super) fn remove_handle(&self) -> bool {
        self.handles.fetch_sub(1, Ordering::AcqRel) == 1
    }

    #[inline]
    pub(super) fn phase(&self) -> Phase {
        Phase::from_bits(self.state.load(Ordering::SeqCst) & PHASE_MASK)
    }

    /// Tells whether that was a step.
    pub(super) fn advance(&self, to: Phase) -> bool {
        self.state.fetch_max(to as u8, Ordering::SeqCst) < to as u8
    }

    pub(super) fn wake_worker(&self) {
        self.worker.wake();
    }

    #[inline]
    pub(super) fn issue_id(&self) -> Issued {
        let issued = self.issued.fetch_add(ID, Ordering::AcqRel);
        Issued { number: issued / ID, worker_waits: issued & IDLE != 0 }
    }

    /// Whether more requests got an id than were `taken`: they are in the queue, or about to be.
    #[inline]
    pub(super) fn has_issued_more(&self, taken: usize) -> bool {
        Self::is_more(self.issued.load(Ordering::Relaxed), taken)
    }

    /// The worker, who has `taken` so many, waits for a request from now on: who takes an id later wakes it. Whether one has
    /// taken an id before, and so may not know.
    pub(super) fn wait_for_request(&self, taken: usize, cx: &Context<'_>) -> bool {
        self.worker.register(cx.waker());
        Self::is_more(self.issued.fetch_or(IDLE, Ordering::AcqRel), taken)
    }

    #[inline]
    const fn is_more(issued: usize, taken: usize) -> bool {
        issued / ID != taken & (usize::MAX / ID)
    }

    /// For one who was told that the worker waits, and whose request is in the queue. Those who come next need not wake it
    /// again.
    #[cold]
    pub(super) fn wake_idle_worker(&self) {
        self.issued.fetch_and(!IDLE, Ordering::AcqRel);
        self.worker.wake();
    }

    pub(super) fn register_worker(&self, cx: &Context<'_>) {
        self.worker.register(cx.waker());
    }

    pub(super) fn poll_abort(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.phase() >= Phase::Aborting {
            return Poll::Ready(());
        }
        self.worker.register(cx.waker());
        // It may have come before the waker was there.
        if self.phase() >= Phase::Aborting { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(super) fn stop(&self, exit: Exit) {
        let stopped = Phase::Stopped as u8 | (exit as u8) << EXIT_SHIFT;
        self.state.fetch_max(stopped, Ordering::SeqCst);
        self.ended.notify(usize::MAX);
    }

    pub(super) async fn stopped(&self) -> Exit {
        loop {
            if let Some(exit) = self.exit() {
                return exit;
            }
            let ended = self.ended.listen();
            if let Some(exit) = self.exit() {
                return exit;
            }
            ended.await;
        }
    }

    fn exit(&self) -> Option<Exit> {
        let state = self.state.load(Ordering::SeqCst);
        (state & PHASE_MASK == Phase::Stopped as u8).then_some(match state >> EXIT_SHIFT {
            0 => Exit::Drained,
            1 => Exit::Aborted,
            _ => Exit::Dropped,
        })
    }
}
