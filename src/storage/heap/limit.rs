//! The limit of the request queue, kept next to it: the number of callers' requests in the queue, and the line of
//! callers that wait for room. Re-queued rounds do not count: they always get in, and keep no caller out.

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};

use super::life::Life;
use super::waiters::{Wait, Waiters};
use crate::life::Phase;

pub(super) struct QueueLimit {
    /// `None` means that there is no bound, and nothing is counted.
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

    /// Takes room for one request, if there is any.
    #[inline]
    pub(super) fn enter(&self) -> bool {
        let Some(capacity) = self.capacity else { return true };
        let one_more = |inside| (inside < capacity.get()).then_some(inside + 1);
        self.inside.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    /// Takes room for one request even if there is none.
    #[cfg(feature = "tower")]
    pub(super) fn exceed(&self) {
        if self.capacity.is_some() {
            self.inside.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Frees the room of one request.
    #[inline]
    pub(super) fn leave(&self) {
        let Some(capacity) = self.capacity else { return };
        if self.inside.fetch_sub(1, Ordering::SeqCst) <= capacity.get() {
            self.room.tell();
        }
    }

    /// Returns true if a caller may wait for room although there is some.
    pub(super) fn others_wait(&self) -> bool {
        self.room.may_have_untold() && self.has_room()
    }

    /// Waits until there is room or the runner takes no more requests.
    pub(super) fn poll_room(&self, wait: &mut Wait, life: &Life, cx: &mut Context<'_>) -> Poll<()> {
        wait.poll(&self.room, cx, || {
            if self.has_room() || life.phase() > Phase::Open { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}
