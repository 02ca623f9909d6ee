//! Who waits, and for what.

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
    wakers: [Option<Waker>; N],
    events: [Event; N],
}

impl<const N: usize> Waiters<N> {
    pub(super) const fn new() -> Self {
        Self { wakers: [const { None }; N], events: [Event::Room; N] }
    }

    /// Whether somebody waits, for whatever.
    #[inline]
    pub(super) fn any(&self) -> bool {
        matches!(self.wakers.first(), Some(Some(_)))
    }

    /// How many wait for `event`.
    pub(super) fn count(&self, event: Event) -> usize {
        self.line().filter(|(_, theirs)| *theirs == event).count()
    }

    fn line(&self) -> impl Iterator<Item = (&Waker, Event)> {
        self.wakers.iter().zip(self.events).map_while(|(waker, event)| Some((waker.as_ref()?, event)))
    }

    /// Keeps `waker` until `event`. Whom it gives must be woken, once no lock is held.
    #[must_use]
    pub(super) fn register(&mut self, event: Event, waker: &Waker) -> Option<Waker> {
        let mut len = 0;
        for (kept, theirs) in self.line() {
            if theirs == event && kept.will_wake(waker) {
                return None;
            }
            len += 1;
        }
        let evicted = if len == N { self.remove(0) } else { None };
        let free = if evicted.is_some() { len - 1 } else { len };
        let (Some(place), Some(theirs)) = (self.wakers.get_mut(free), self.events.get_mut(free)) else {
            // Without places nobody is kept.
            return Some(waker.clone());
        };
        *place = Some(waker.clone());
        *theirs = event;
        evicted
    }

    /// Takes out the first that waits for `event`, to be woken once no lock is held.
    #[must_use]
    pub(super) fn take(&mut self, event: Event) -> Option<Waker> {
        let place = self.line().position(|(_, theirs)| theirs == event)?;
        self.remove(place)
    }

    /// Takes out who stands at `place`; those behind move up.
    fn remove(&mut self, place: usize) -> Option<Waker> {
        let removed = self.wakers.get_mut(place)?.take();
        // By hand: `rotate_left` would bring in a general `memmove`.
        for place in place + 1..N {
            self.wakers[place - 1] = self.wakers[place].take();
            self.events[place - 1] = self.events[place];
        }
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

    fn wake<const N: usize>(waiters: &mut Waiters<N>, event: Event) {
        while let Some(waker) = waiters.take(event) {
            waker.wake();
        }
    }

    #[test]
    fn all_are_woken_in_turn_and_the_oldest_gives_way() {
        let (wakers, woken) = named(4);
        let mut waiters = Waiters::<2>::new();
        assert!(!waiters.any());
        assert!(waiters.register(Event::Room, &wakers[0]).is_none());
        assert!(waiters.register(Event::Room, &wakers[0]).is_none());
        assert!(waiters.register(Event::Room, &wakers[1]).is_none());
        assert!(waiters.register(Event::Room, &wakers[2]).unwrap().will_wake(&wakers[0]));
        assert!(waiters.register(Event::Room, &wakers[3]).unwrap().will_wake(&wakers[1]));
        assert_eq!((waiters.any(), waiters.count(Event::Room)), (true, 2));
        wake(&mut waiters, Event::Room);
        assert!(!waiters.any());
        assert!(waiters.register(Event::Room, &wakers[1]).is_none());
        wake(&mut waiters, Event::Room);
        assert_eq!(*woken.lock().unwrap(), [2, 3, 1]);
    }

    #[test]
    fn an_event_wakes_those_who_wait_for_it() {
        let (wakers, woken) = named(3);
        let mut waiters = Waiters::<4>::new();
        for (event, name) in [(Event::End, 0), (Event::Room, 0), (Event::Response, 1), (Event::Room, 2)] {
            assert!(waiters.register(event, &wakers[name]).is_none());
        }
        assert_eq!(waiters.count(Event::Room), 2);
        wake(&mut waiters, Event::Room);
        assert_eq!(*woken.lock().unwrap(), [0, 2]);
        assert!(waiters.any());
        wake(&mut waiters, Event::Response);
        wake(&mut waiters, Event::End);
        assert_eq!((waiters.any(), &**woken.lock().unwrap()), (false, &[0, 2, 1, 0][..]));
    }

    #[test]
    fn without_places_one_is_woken_to_ask_again() {
        let mut waiters = Waiters::<0>::new();
        assert!(waiters.register(Event::Room, Waker::noop()).is_some());
        assert!(!waiters.any() && waiters.take(Event::Room).is_none());
    }
}
