//! Who waits, and for what.

use core::cell::Cell;
use core::task::Waker;

/// What a caller or a consumer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Room in the queue, and for a ticket.
    Room,
    /// A response, or that none comes any more.
    Response,
    /// The runner's end.
    End,
}

/// One line for all events, in which at most `N` tasks are kept. With more, the one that has waited longest is woken and
/// may register again: so all are served, at the price of turning round.
///
/// Whom an event wakes leaves the line, and stands at its end when it has to wait on. Were only the first one woken, what
/// it does not take would be left lying.
pub(super) struct Waiters<const N: usize> {
    /// Those that wait stand in front.
    line: [Cell<Option<Waker>>; N],
    events: [Cell<Event>; N],
    len: Cell<u8>,
}

impl<const N: usize> Waiters<N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= u8::MAX as usize, "a fixed storage has places for at most 255 waiting tasks") };
        Self {
            line: [const { Cell::new(None) }; N],
            events: [const { Cell::new(Event::Room) }; N],
            len: Cell::new(0),
        }
    }

    /// Whether somebody waits, for whatever.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.len.get() > 0
    }

    /// How many wait for `event`.
    pub(super) fn count(&self, event: Event) -> usize {
        self.events.iter().take(self.len.get().into()).filter(|theirs| theirs.get() == event).count()
    }

    /// Keeps `waker` until `event`. Whom it gives must be woken, once no lock is held.
    #[must_use]
    pub(super) fn register(&self, event: Event, waker: &Waker) -> Option<Waker> {
        for (place, theirs) in self.line.iter().zip(&self.events).take(self.len.get().into()) {
            let kept = place.take();
            let same = theirs.get() == event && kept.as_ref().is_some_and(|kept| kept.will_wake(waker));
            place.set(kept);
            if same {
                return None;
            }
        }
        let evicted = if usize::from(self.len.get()) == N { self.remove(0) } else { None };
        let free = usize::from(self.len.get());
        let (Some(place), Some(theirs)) = (self.line.get(free), self.events.get(free)) else {
            // Without places nobody is kept.
            return Some(waker.clone());
        };
        place.set(Some(waker.clone()));
        theirs.set(event);
        self.len.set(self.len.get() + 1);
        evicted
    }

    /// Takes out the first that waits for `event`, to be woken once no lock is held.
    #[must_use]
    pub(super) fn take(&self, event: Event) -> Option<Waker> {
        let mut waiting = self.events.iter().take(self.len.get().into());
        self.remove(waiting.position(|theirs| theirs.get() == event)?)
    }

    /// Takes out who stands at `place`; those behind move up.
    fn remove(&self, place: usize) -> Option<Waker> {
        let removed = self.line.get(place)?.take();
        let behind = self.line.iter().zip(&self.events).skip(place);
        for (free, next) in behind.clone().zip(behind.skip(1)) {
            free.0.swap(next.0);
            free.1.swap(next.1);
        }
        self.len.set(self.len.get() - 1);
        removed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::task::Wake;

    use super::*;

    #[derive(Clone)]
    struct Named(u32, Arc<Mutex<Vec<u32>>>);

    impl Wake for Named {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    fn named(count: u32) -> (Vec<Waker>, Arc<Mutex<Vec<u32>>>) {
        let woken = Arc::new(Mutex::new(Vec::new()));
        ((0..count).map(|name| Arc::new(Named(name, woken.clone())).into()).collect(), woken)
    }

    fn wake<const N: usize>(waiters: &Waiters<N>, event: Event) {
        while let Some(waker) = waiters.take(event) {
            waker.wake();
        }
    }

    #[test]
    fn all_are_woken_in_turn_and_the_oldest_gives_way() {
        let (wakers, woken) = named(4);
        let waiters = Waiters::<2>::new();
        assert!(!waiters.any());
        assert!(waiters.register(Event::Room, &wakers[0]).is_none());
        assert!(waiters.register(Event::Room, &wakers[0]).is_none());
        assert!(waiters.register(Event::Room, &wakers[1]).is_none());
        assert!(waiters.register(Event::Room, &wakers[2]).unwrap().will_wake(&wakers[0]));
        assert!(waiters.register(Event::Room, &wakers[3]).unwrap().will_wake(&wakers[1]));
        assert_eq!((waiters.any(), waiters.count(Event::Room)), (true, 2));
        wake(&waiters, Event::Room);
        assert!(!waiters.any());
        assert!(waiters.register(Event::Room, &wakers[1]).is_none());
        wake(&waiters, Event::Room);
        assert_eq!(*woken.lock().unwrap(), [2, 3, 1]);
    }

    #[test]
    fn an_event_wakes_those_who_wait_for_it() {
        let (wakers, woken) = named(3);
        let waiters = Waiters::<4>::new();
        for (event, name) in [(Event::End, 0), (Event::Room, 0), (Event::Response, 1), (Event::Room, 2)] {
            assert!(waiters.register(event, &wakers[name]).is_none());
        }
        assert_eq!(waiters.count(Event::Room), 2);
        wake(&waiters, Event::Room);
        assert_eq!(*woken.lock().unwrap(), [0, 2]);
        assert!(waiters.any());
        wake(&waiters, Event::Response);
        wake(&waiters, Event::End);
        assert_eq!((waiters.any(), &**woken.lock().unwrap()), (false, &[0, 2, 1, 0][..]));
    }

    #[test]
    fn without_places_one_is_woken_to_ask_again() {
        let waiters = Waiters::<0>::new();
        assert!(waiters.register(Event::Room, Waker::noop()).is_some());
        assert!(!waiters.any() && waiters.take(Event::Room).is_none());
    }
}
