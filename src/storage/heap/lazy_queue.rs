//! A queue that many runners never need. An empty one takes 400 bytes, so there is none until it is asked for.

use alloc::boxed::Box;
use core::iter::from_fn;
use core::ops::Deref;

use concurrent_queue::ConcurrentQueue;
use once_cell::race::OnceBox;

pub(super) struct LazyQueue<T>(OnceBox<ConcurrentQueue<T>>);

impl<T> LazyQueue<T> {
    pub(super) const fn new() -> Self {
        Self(OnceBox::new())
    }

    /// Returns true if something is in the queue.
    pub(super) fn holds_any(&self) -> bool {
        self.0.get().is_some_and(|queue| !queue.is_empty())
    }

    /// Takes what is there.
    pub(super) fn drain(&self) -> impl Iterator<Item = T> {
        from_fn(|| self.0.get()?.pop().ok())
    }
}

impl<T> Deref for LazyQueue<T> {
    type Target = ConcurrentQueue<T>;

    fn deref(&self) -> &ConcurrentQueue<T> {
        self.0.get_or_init(|| Box::new(ConcurrentQueue::unbounded()))
    }
}
