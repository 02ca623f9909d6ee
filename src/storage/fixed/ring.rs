//! A queue of fixed capacity.

/// Empty, it is zero throughout wherever the items leave it so: a `static` of it costs no flash.
pub(super) struct Ring<T, const N: usize> {
    items: [Option<T>; N],
    head: u16,
    len: u16,
}

impl<T, const N: usize> Ring<T, N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= u16::MAX as usize, "a fixed storage has at most 65,535 places of a kind") };
        Self { items: [const { None }; N], head: 0, len: 0 }
    }

    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.len() == N
    }

    /// The place `offset` behind the head.
    #[inline]
    const fn place(&self, offset: usize) -> usize {
        let place = self.head as usize + offset;
        if place < N { place } else { place - N }
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) -> Result<(), T> {
        let place = self.place(self.len());
        if self.is_full() {
            return Err(item);
        }
        let Some(free) = self.items.get_mut(place) else { return Err(item) };
        *free = Some(item);
        self.len += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        self.pop_if(|_| true)
    }

    /// Takes the oldest item if it is as wanted.
    #[inline]
    pub(super) fn pop_if(&mut self, wanted: impl FnOnce(&T) -> bool) -> Option<T> {
        let item = self.items.get_mut(usize::from(self.head))?.take_if(|item| wanted(item))?;
        let next = usize::from(self.head) + 1;
        self.head = if next == N { 0 } else { self.head + 1 };
        self.len -= 1;
        Some(item)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_what_it_took_in_order_for_ever() {
        let mut ring = Ring::<_, 3>::new();
        assert_eq!(ring.pop(), None);
        for round in 0..10 {
            for item in 0..3 {
                assert_eq!((ring.push(round + item), ring.len()), (Ok(()), item + 1));
            }
            assert_eq!((ring.is_full(), ring.push(99)), (true, Err(99)));
            assert_eq!(ring.pop_if(|item| *item != round), None);
            assert_eq!(ring.iter_mut().count(), 3);
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
        let mut ring = Ring::<_, 0>::new();
        assert_eq!((ring.is_full(), ring.push(1), ring.pop()), (true, Err(1), None));
    }
}
