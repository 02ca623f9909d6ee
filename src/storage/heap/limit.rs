//! The limit of the request queue, kept beside it: a count of the callers' requests in there, and the line of those
//! who wait for room. Re-queued rounds are not counted: they always get in, and keep nobody out.

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};

use super::life::Life;
use super::waiters::{Wait, Waiters};
use crate::life::Phase;

pub(super) struct QueueLimit {
    /// `None`: there is no bound, and nothing is counted.
    capacity: Option<NonZeroUsize>,
    inside: AtomicUsize,
    pub(super) room: Waiters,
}

impl QueueLimit {
    pub(super) const fn new(capacity: Option<NonZeroUsize>) -> Self {
        Self { capacity, inside: AtomicUsize::new(0), room: Waiters::new() }
    }

    fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.inside.load(Ordering::SeqCst) < capacity.get())
    }

    /// Takes room for one, if there is any.
    #[inline]
    pub(super) fn enter(&self) -> bool {
        let Some(capacity) = self.capacity else { return true };
        let one_more = |inside| (inside < capacity.get()).then_some(inside + 1);
        self.inside.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    /// Takes room for one whether there is any or not.
    #[cfg(feature = "tower")]
    pub(super) fn exceed(&self) {
        if self.capacity.is_some() {
            self.inside.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// One has left the queue.
    #[inline]
    pub(super) fn leave(&self) {
        let Some(capacity) = self.capacity else { return };
        if self.inside.fetch_sub(1, Ordering::SeqCst) <= capacity.get() {
            self.room.tell();
        }
    }

    /// Returns true if somebody waits for room although there is some.
    pub(super) fn others_wait(&self) -> bool {
        self.room.may_have_untold() && self.has_room()
    }

    /// Ready once there is room, or the runner takes nothing any more.
    pub(super) fn poll_room(&self, wait: &mut Wait, life: &Life, cx: &mut Context<'_>) -> Poll<()> {
        wait.poll(&self.room, cx, || {
            if self.has_room() || life.phase() > Phase::Open { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}
