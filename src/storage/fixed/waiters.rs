//! Who waits for the same thing, in turn.

use core::task::Waker;

/// At most `N` tasks are kept. With more, the one that has waited longest is woken and may register again: so all are
/// served, at the price of turning round.
///
/// All are woken, in turn, and keep their places: who finds what it waited for leaves, and stands at the end when it waits
/// again. Were only the first one woken, what it does not take would be left lying.
pub(super) struct Waiters<const N: usize> {
    /// Those that wait stand in front.
    wakers: [Option<Waker>; N],
}

impl<const N: usize> Waiters<N> {
    pub(super) const fn new() -> Self {
        Self { wakers: [const { None }; N] }
    }

    /// Keeps `waker`. Whom it gives must be woken, once no lock is held.
    #[must_use]
    pub(super) fn register(&mut self, waker: &Waker) -> Option<Waker> {
        for place in &mut self.wakers {
            match place {
                Some(kept) if kept.will_wake(waker) => return None,
                Some(_) => {}
                None => {
                    *place = Some(waker.clone());
                    return None;
                }
            }
        }
        let Some(oldest) = self.wakers.first_mut() else { return Some(waker.clone()) };
        let evicted = oldest.replace(waker.clone());
        self.wakers.rotate_left(1);
        evicted
    }

    /// Takes `waker` out, to be dropped once no lock is held.
    #[must_use]
    pub(super) fn leave(&mut self, waker: &Waker) -> Option<Waker> {
        let place =
            self.wakers.iter().position(|kept| kept.as_ref().is_some_and(|kept| kept.will_wake(waker)))?;
        let left = self.wakers[place].take();
        self.wakers[place..].rotate_left(1);
        left
    }

    /// All of them, to be woken once no lock is held.
    #[must_use]
    pub(super) fn all(&self) -> Self {
        Self { wakers: self.wakers.clone() }
    }

    pub(super) fn wake(self) {
        self.wakers.into_iter().flatten().for_each(Waker::wake);
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

    #[test]
    fn all_are_woken_in_turn_and_the_oldest_gives_way() {
        let woken = Arc::new(Mutex::new(Vec::new()));
        let wakers: Vec<Waker> = (0..4).map(|name| Arc::new(Named(name, woken.clone())).into()).collect();
        let mut waiters = Waiters::<2>::new();
        assert!(waiters.register(&wakers[0]).is_none());
        assert!(waiters.register(&wakers[0]).is_none());
        assert!(waiters.register(&wakers[1]).is_none());
        assert!(waiters.register(&wakers[2]).unwrap().will_wake(&wakers[0]));
        assert!(waiters.register(&wakers[3]).unwrap().will_wake(&wakers[1]));
        waiters.all().wake();
        assert!(waiters.leave(&wakers[2]).is_some() && waiters.leave(&wakers[2]).is_none());
        waiters.all().wake();
        assert!(waiters.register(&wakers[2]).is_none());
        waiters.all().wake();
        assert_eq!(*woken.lock().unwrap(), [2, 3, 3, 3, 2]);
    }

    #[test]
    fn without_places_one_is_woken_to_ask_again() {
        assert!(Waiters::<0>::new().register(Waker::noop()).is_some());
    }
}
