//! The bound of the request queue, kept beside it: a count of the callers' requests in there, and an event for those
//! who wait for room. Re-queued rounds are not counted: they always get in, and keep nobody out.

use alloc::boxed::Box;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, ready};

use event_listener::{Event, EventListener, IntoNotification};
use futures::future::FutureExt;

/// `None`: there is no bound, and nothing is counted.
pub(in crate::storage) struct Bound(Option<Box<Bounded>>);

struct Bounded {
    capacity: NonZeroUsize,
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

impl Bounded {
    #[inline]
    fn has_room(&self) -> bool {
        self.inside.load(Ordering::SeqCst) < self.capacity.get()
    }

    /// Tells the next in line of room: there is some, or the one who was told may not use it.
    #[cold]
    fn pass_on(&self) {
        self.room.notify(1.additional());
    }
}

impl Bound {
    pub(in crate::storage) fn new(capacity: Option<NonZeroUsize>) -> Self {
        let bounded = |capacity| Bounded { capacity, inside: AtomicUsize::new(0), room: Event::new() };
        Self(capacity.map(|capacity| Box::new(bounded(capacity))))
    }

    /// Takes room for one, if there is any.
    #[inline]
    pub(in crate::storage) fn enter(&self) -> bool {
        let Some(bounded) = &self.0 else { return true };
        let one_more = |inside: usize| (inside < bounded.capacity.get()).then_some(inside + 1);
        bounded.inside.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    /// Takes room for one whether there is any or not.
    #[cfg(feature = "tower")]
    pub(in crate::storage) fn exceed(&self) {
        if let Some(bounded) = &self.0 {
            bounded.inside.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(in crate::storage) const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// One has left the queue.
    #[inline]
    pub(in crate::storage) fn leave(&self) {
        if let Some(bounded) = &self.0
            && bounded.inside.fetch_sub(1, Ordering::SeqCst) <= bounded.capacity.get()
        {
            bounded.pass_on();
        }
    }

    /// Lets all who wait for room see that none will come.
    pub(in crate::storage) fn lift(&self) {
        if let Some(bounded) = &self.0 {
            bounded.room.notify(usize::MAX);
        }
    }

    /// Tells the next in line of room that the one who was told may not use.
    #[cfg(feature = "tower")]
    pub(in crate::storage) fn pass_on(&self) {
        if let Some(bounded) = &self.0 {
            bounded.pass_on();
        }
    }

    /// Ready once there is room, or the queue is closed.
    pub(in crate::storage) fn poll_room(
        &self,
        room: &mut Room,
        is_closed: impl Fn() -> bool,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(bounded) = &self.0 else { return Poll::Ready(()) };
        if let Some(listener) = &mut room.0 {
            ready!(listener.poll_unpin(cx));
            room.0 = None;
        }
        loop {
            // Asked again once there is a listener: room may have come before it.
            if bounded.has_room() || is_closed() {
                room.0 = None;
                return Poll::Ready(());
            }
            match &mut room.0 {
                None => room.0 = Some(bounded.room.listen()),
                Some(listener) => {
                    ready!(listener.poll_unpin(cx));
                    room.0 = None;
                }
            }
        }
    }
}
