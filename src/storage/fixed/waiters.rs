//! The tasks that wait, and their events.

use core::cell::Cell;
use core::task::Waker;

/// An event that a caller or a consumer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// Room in the queue, and a free slot.
    Room,
    /// A response, or the end of the results.
    Response,
    /// The runner's end.
    End,
}

/// One line for all events, which holds at most `N` wakers. If more come, the oldest one is woken, and its task
/// may register again. So all tasks are served, at the price of repeated polls.
///
/// An event wakes all its tasks, in turn, and they keep their places. A task that finds its event leaves, and joins at
/// the end if it waits again. If only the first task were woken, the others would miss what it does not take.
pub(super) struct Waiters<const N: usize> {
    /// The first `len` places are taken.
    line: [Cell<Option<Waker>>; N],
    notes: [Cell<Note>; N],
    len: Cell<u8>,
}

/// The state of a waker in the line.
#[derive(Clone, Copy)]
struct Note {
    event: Event,
    /// True if the event has come and the waker is still to be called.
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

    /// Returns true if any task waits.
    pub(super) fn any(&self) -> bool {
        self.len.get() > 0
    }

    /// Returns the first place in the line for which `found` returns true.
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

    /// Adds `waker` to the line for `event`. Returns a waker without a place, to be woken once no lock is held.
    #[must_use]
    pub(super) fn register(&self, event: Event, waker: &Waker) -> Option<Waker> {
        if self.place_of(event, waker).is_some() {
            return None;
        }
        // Cloned before anything changes, as the clone may panic.
        let waker = waker.clone();
        let evicted = if usize::from(self.len.get()) == N { self.remove(0) } else { None };
        let free = usize::from(self.len.get());
        let (Some(place), Some(note)) = (self.line.get(free), self.notes.get(free)) else {
            // There are no places.
            return Some(waker);
        };
        place.set(Some(waker));
        note.set(Note { event, due: false });
        self.len.set(self.len.get() + 1);
        evicted
    }

    /// Takes `waker` out of the line, to be dropped once no lock is held.
    #[must_use]
    pub(super) fn leave(&self, event: Event, waker: &Waker) -> Option<Waker> {
        self.remove(self.place_of(event, waker)?)
    }

    /// Marks all wakers that wait for `event` as due.
    pub(super) fn call(&self, event: Event) {
        self.find(|_, note| {
            let due = note.get().due || note.get().event == event;
            note.set(Note { due, ..note.get() });
            false
        });
    }

    /// Returns the next due waker, to be woken once no lock is held.
    pub(super) fn next_due(&self) -> Option<Waker> {
        let mut next = None;
        self.find(|waker, note| {
            let due = note.get().due;
            if due {
                // Cleared first, as the clone may panic.
                note.set(Note { due: false, ..note.get() });
                next = waker.cloned();
            }
            due
        });
        next
    }

    /// Removes the waker at `place`. Those behind it move up.
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
