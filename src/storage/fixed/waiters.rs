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
/// All whom an event concerns are woken, in turn, and keep their places: who finds what it waited for leaves, and stands at
/// the end when it waits again. Were only the first one woken, what it does not take would be left lying.
pub(super) struct Waiters<const N: usize> {
    /// Those that wait stand in front.
    line: [Cell<Option<Waker>>; N],
    notes: [Cell<Note>; N],
    len: Cell<u8>,
}

/// What is known of somebody in the line.
#[derive(Clone, Copy)]
struct Note {
    event: Event,
    /// Whether the event has come, and the waker is still to be called.
    due: bool,
}

impl<const N: usize> Waiters<N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= u8::MAX as usize, "a fixed storage has places for at most 255 waiting tasks") };
        Self {
            line: [const { Cell::new(None) }; N],
            notes: [const { Cell::new(Note { event: Event::Room, due: false }) }; N],
            len: Cell::new(0),
        }
    }

    /// Whether somebody waits, for whatever.
    pub(super) fn any(&self) -> bool {
        self.len.get() > 0
    }

    /// Shows the line from its front on, until `found` tells that it has found what it looks for: where?
    fn find(&self, mut found: impl FnMut(Option<&Waker>, &Cell<Note>) -> bool) -> Option<usize> {
        self.line.iter().zip(&self.notes).take(self.len.get().into()).position(|(place, note)| {
            let waker = place.take();
            let found = found(waker.as_ref(), note);
            place.set(waker);
            found
        })
    }

    fn place_of(&self, event: Event, waker: &Waker) -> Option<usize> {
        let same = |kept: Option<&Waker>| kept.is_some_and(|kept| kept.will_wake(waker));
        self.find(|kept, note| note.get().event == event && same(kept))
    }

    /// Keeps `waker` until `event`. Whom it gives must be woken, once no lock is held.
    #[must_use]
    pub(super) fn register(&self, event: Event, waker: &Waker) -> Option<Waker> {
        if self.place_of(event, waker).is_some() {
            return None;
        }
        // Before anything changes, as it may panic.
        let waker = waker.clone();
        let evicted = if usize::from(self.len.get()) == N { self.remove(0) } else { None };
        let free = usize::from(self.len.get());
        let (Some(place), Some(note)) = (self.line.get(free), self.notes.get(free)) else {
            // Without places nobody is kept.
            return Some(waker);
        };
        place.set(Some(waker));
        note.set(Note { event, due: false });
        self.len.set(self.len.get() + 1);
        evicted
    }

    /// Takes `waker` out, to be dropped once no lock is held.
    #[must_use]
    pub(super) fn leave(&self, event: Event, waker: &Waker) -> Option<Waker> {
        self.remove(self.place_of(event, waker)?)
    }

    /// Notes that the event has come: all who wait for it are due.
    pub(super) fn call(&self, event: Event) {
        self.find(|_, note| {
            let due = note.get().due || note.get().event == event;
            note.set(Note { due, ..note.get() });
            false
        });
    }

    /// The next one that is due, to be woken once no lock is held.
    pub(super) fn next_due(&self) -> Option<Waker> {
        let mut next = None;
        self.find(|waker, note| {
            let due = note.get().due;
            if due {
                // First, as the waker may panic.
                note.set(Note { due: false, ..note.get() });
                next = waker.cloned();
            }
            due
        });
        next
    }

    /// Takes out who stands at `place`; those behind move up.
    fn remove(&self, place: usize) -> Option<Waker> {
        let removed = self.line.get(place)?.take();
        let behind = self.line.iter().zip(&self.notes).skip(place);
        for (free, next) in behind.clone().zip(behind.skip(1)) {
            free.0.swap(next.0);
            free.1.swap(next.1);
        }
        self.len.set(self.len.get() - 1);
        removed
    }
}

#[cfg(all(test, feature = "std"))]
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
        waiters.call(event);
        while let Some(waker) = waiters.next_due() {
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
        wake(&waiters, Event::Room);
        assert!(waiters.leave(Event::Room, &wakers[2]).is_some());
        assert!(waiters.leave(Event::Room, &wakers[2]).is_none());
        wake(&waiters, Event::Room);
        assert!(waiters.register(Event::Room, &wakers[2]).is_none());
        wake(&waiters, Event::Room);
        assert_eq!(*woken.lock().unwrap(), [2, 3, 3, 3, 2]);
        for name in [2, 3] {
            assert!(waiters.any() && waiters.leave(Event::Room, &wakers[name]).is_some());
        }
        assert!(!waiters.any());
    }

    #[test]
    fn an_event_wakes_those_who_wait_for_it() {
        let (wakers, woken) = named(3);
        let waiters = Waiters::<4>::new();
        for (event, name) in [(Event::End, 0), (Event::Room, 0), (Event::Response, 1), (Event::Room, 2)] {
            assert!(waiters.register(event, &wakers[name]).is_none());
        }
        for event in [Event::Room, Event::Response, Event::End] {
            wake(&waiters, event);
        }
        assert_eq!(*woken.lock().unwrap(), [0, 2, 1, 0]);
    }

    #[test]
    fn who_leaves_or_comes_while_others_are_woken_changes_nothing_for_them() {
        let (wakers, _) = named(4);
        let waiters = Waiters::<4>::new();
        for waker in &wakers[..3] {
            assert!(waiters.register(Event::Room, waker).is_none());
        }
        waiters.call(Event::Room);
        assert!(waiters.next_due().unwrap().will_wake(&wakers[0]));
        assert!(waiters.leave(Event::Room, &wakers[0]).is_some());
        assert!(waiters.register(Event::Room, &wakers[3]).is_none());
        assert!(waiters.next_due().unwrap().will_wake(&wakers[1]));
        assert!(waiters.next_due().unwrap().will_wake(&wakers[2]));
        assert!(waiters.next_due().is_none());
    }

    #[test]
    fn without_places_one_is_woken_to_ask_again() {
        let waiters = Waiters::<0>::new();
        assert!(waiters.register(Event::Room, Waker::noop()).is_some());
        waiters.call(Event::Room);
        assert!(!waiters.any() && waiters.next_due().is_none());
    }
}
