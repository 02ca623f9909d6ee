//! The bound of the request queue, kept beside it: a count of the callers' requests in there, and an event for those
//! who wait for room. Re-queued rounds are not counted: they always get in, and keep nobody out.

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, ready};

use event_listener::{Event, EventListener, IntoNotification};
use futures::future::FutureExt;

pub(in crate::storage) struct Bound {
    /// `None`: there is no bound, and nothing is counted.
    capacity: Option<NonZeroUsize>,
    inside: AtomicUsize,
    room: Event,
}

/// One who waits for room.
#[derive(Default)]
pub struct Room(Option<EventListener>);

#[cfg(feature = "tower")]
impl Room {
    pub(in crate::storage) fn is_waiting(&self) -> bool {
        self.0.is_some()
    }
}

impl Bound {
    pub(in crate::storage) const fn new(capacity: Option<NonZeroUsize>) -> Self {
        Self { capacity, inside: AtomicUsize::new(0), room: Event::new() }
    }

    #[cfg(feature = "std")]
    pub(in crate::storage) const fn is_there(&self) -> bool {
        self.capacity.is_some()
    }

    fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.inside.load(Ordering::SeqCst) < capacity.get())
    }

    /// Takes room for one, if there is any.
    #[inline]
    pub(in crate::storage) fn enter(&self) -> bool {
        let Some(capacity) = self.capacity else { return true };
        let one_more = |inside| (inside < capacity.get()).then_some(inside + 1);
        self.inside.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    /// Takes room for one whether there is any or not.
    #[cfg(feature = "tower")]
    pub(in crate::storage) fn exceed(&self) {
        if self.capacity.is_some() {
            self.inside.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// One has left the queue.
    #[inline]
    pub(in crate::storage) fn leave(&self) {
        let Some(capacity) = self.capacity else { return };
        if self.inside.fetch_sub(1, Ordering::SeqCst) <= capacity.get() {
            self.pass_on();
        }
    }

    /// Lets all who wait for room see that none will come.
    pub(in crate::storage) fn lift(&self) {
        self.room.notify(usize::MAX);
    }

    /// Tells the next in line of room: there is some, or the one who was told may not use it. Returns whether there was one.
    pub(in crate::storage) fn pass_on(&self) -> bool {
        self.capacity.is_some() && self.room.notify(1.additional()) > 0
    }

    /// Ready once there is room, or the queue is closed.
    pub(in crate::storage) fn poll_room(
        &self,
        room: &mut Room,
        is_closed: impl Fn() -> bool,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            if let Some(listener) = &mut room.0 {
                ready!(listener.poll_unpin(cx));
                room.0 = None;
            }
            // Asked again once there is a listener: room may have come before it.
            for listens in [false, true] {
                if self.has_room() || is_closed() {
                    room.0 = None;
                    return Poll::Ready(());
                }
                if !listens {
                    room.0 = Some(self.room.listen());
                }
            }
        }
    }
}
