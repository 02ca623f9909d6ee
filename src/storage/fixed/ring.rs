//! A queue of fixed capacity.

use core::cell::Cell;

/// An empty ring is all zeroes if the items' type allows it, so a `static` of it takes no flash.
pub(super) struct Ring<T, const N: usize> {
    items: [Cell<Option<T>>; N],
    /// The place of the oldest item.
    head: Cell<u16>,
    /// The place for the next item. It is taken only if the ring is full.
    tail: Cell<u16>,
}

impl<T, const N: usize> Ring<T, N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= u16::MAX as usize, "a fixed storage has at most 65,535 places of a kind") };
        Self { items: [const { Cell::new(None) }; N], head: Cell::new(0), tail: Cell::new(0) }
    }

    /// Advances an end by one place.
    fn advance(end: &Cell<u16>) {
        let next = end.get() + 1;
        end.set(if usize::from(next) < N { next } else { 0 });
    }

    /// Appends `item`, or returns it if there is no room.
    pub(super) fn push(&self, item: T) -> Result<(), T> {
        let Some(place) = self.items.get(usize::from(self.tail.get())) else { return Err(item) };
        if let Some(oldest) = place.take() {
            place.set(Some(oldest));
            return Err(item);
        }
        place.set(Some(item));
        Self::advance(&self.tail);
        Ok(())
    }

    pub(super) fn pop(&self) -> Option<T> {
        let mut item = None;
        self.pop_into(&mut item);
        item
    }

    /// Moves the oldest item, if there is one, into `hand`, which must be empty.
    pub(super) fn pop_into(&self, hand: &mut Option<T>) {
        let Some(place) = self.items.get(usize::from(self.head.get())) else { return };
        if let Some(item) = place.take() {
            *hand = Some(item);
            Self::advance(&self.head);
        }
    }

    /// Takes the oldest item if `wanted` returns true for it.
    pub(super) fn pop_if(&self, wanted: impl FnOnce(&T) -> bool) -> Option<T> {
        let place = self.items.get(usize::from(self.head.get()))?;
        let item = place.take()?;
        if !wanted(&item) {
            place.set(Some(item));
            return None;
        }
        Self::advance(&self.head);
        Some(item)
    }

    /// Calls `found` with each item, in the order of places, until it returns true. Returns true if it did.
    pub(super) fn find(&self, mut found: impl FnMut(&mut T) -> bool) -> bool {
        self.items.iter().any(|place| {
            let mut item = place.take();
            let found = item.as_mut().is_some_and(&mut found);
            place.set(item);
            found
        })
    }

    pub(super) fn len(&self) -> usize {
        let (head, tail) = (usize::from(self.head.get()), usize::from(self.tail.get()));
        match tail.checked_sub(head) {
            Some(0) if self.is_full() => N,
            Some(len) => len,
            None => N - head + tail,
        }
    }

    /// Returns true if the place for the next item is taken.
    fn is_full(&self) -> bool {
        self.items.get(usize::from(self.tail.get())).is_none_or(|place| {
            let item = place.take();
            let taken = item.is_some();
            place.set(item);
            taken
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_what_it_took_in_order_for_ever() {
        let ring = Ring::<_, 3>::new();
        assert_eq!(ring.pop(), None);
        for round in 0..10 {
            for item in 0..3 {
                assert_eq!((ring.push(round + item), ring.len()), (Ok(()), item + 1));
            }
            assert_eq!(ring.push(99), Err(99));
            assert_eq!(ring.pop_if(|item| *item != round), None);
            assert!(ring.find(|item| *item == round + 2) && !ring.find(|item| *item == round + 3));
            for item in 0..2 {
                assert_eq!(ring.pop(), Some(round + item));
            }
            assert_eq!((ring.pop(), ring.pop(), ring.len()), (Some(round + 2), None, 0));
            // The next round begins at another place.
            ring.push(0).unwrap();
            ring.pop().unwrap();
        }
    }

    #[test]
    fn without_room_it_is_full_and_empty() {
        let ring = Ring::<_, 0>::new();
        assert_eq!((ring.push(1), ring.pop(), ring.len()), (Err(1), None, 0));
    }
}
