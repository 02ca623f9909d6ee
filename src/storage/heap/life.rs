//! The life cycle on the heap: a phase that only advances, and the tasks that wait for it.

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use core::task::{Context, Poll};

use futures::task::AtomicWaker;

use super::waiters::{Wait, Waiters};
use crate::contain::contain;
use crate::life::{Exit, Phase};

#[derive(Debug)]
pub(super) struct Life {
    /// The phase. Once it is [`Phase::Stopped`], the exit is added to it.
    state: AtomicU8,
    handles: AtomicU32,
    /// The worker's waker, while it waits.
    worker: AtomicWaker,
    ended: Waiters,
}

const STOPPED: u8 = Phase::Stopped as u8;

impl Life {
    pub(super) const fn new() -> Self {
        Self {
            state: AtomicU8::new(Phase::Open as u8),
            handles: AtomicU32::new(0),
            worker: AtomicWaker::new(),
            ended: Waiters::new(),
        }
    }

    pub(super) fn add_handle(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    /// Removes a handle. Returns true if it was the last one.
    pub(super) fn remove_handle(&self) -> bool {
        self.handles.fetch_sub(1, Ordering::AcqRel) == 1
    }

    #[inline]
    pub(super) fn phase(&self) -> Phase {
        Phase::from_bits(self.state.load(Ordering::SeqCst))
    }

    /// Advances to the phase `to`. Returns true if it was not reached before.
    pub(super) fn advance(&self, to: Phase) -> bool {
        self.state.fetch_max(to as u8, Ordering::SeqCst) < to as u8
    }

    pub(super) fn wake_worker(&self) {
        contain(|| self.worker.wake());
    }

    /// Stores the worker's waker. The worker calls this before it looks for the last time.
    pub(super) fn register_worker(&self, cx: &Context<'_>) {
        self.worker.register(cx.waker());
    }

    pub(super) fn poll_abort(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.phase() >= Phase::Aborting {
            return Poll::Ready(());
        }
        self.register_worker(cx);
        // The abort may have come before the waker was stored.
        if self.phase() >= Phase::Aborting { Poll::Ready(()) } else { Poll::Pending }
    }

    pub(super) fn stop(&self, exit: Exit) {
        self.state.fetch_max(STOPPED + exit as u8, Ordering::SeqCst);
        // The waker would keep the memory of the worker's task.
        contain(|| self.worker.take());
        self.ended.tell_all();
    }

    pub(super) fn poll_stopped(&self, wait: &mut Wait, cx: &mut Context<'_>) -> Poll<Exit> {
        wait.poll(&self.ended, cx, || self.exit().map_or(Poll::Pending, Poll::Ready))
    }

    fn exit(&self) -> Option<Exit> {
        match self.state.load(Ordering::SeqCst).checked_sub(STOPPED)? {
            0 => Some(Exit::Drained),
            1 => Some(Exit::Aborted),
            _ => Some(Exit::Dropped),
        }
    }
}
