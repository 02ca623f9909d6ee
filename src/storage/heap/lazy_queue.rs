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

    /// Takes what is there.
    pub(super) fn drain(&self) -> impl Iterator<Item = T> {
        from_fn(|| self.pop().ok())
    }
}

impl<T> Deref for LazyQueue<T> {
    type Target = ConcurrentQueue<T>;

    fn deref(&self) -> &ConcurrentQueue<T> {
        self.0.get_or_init(|| Box::new(ConcurrentQueue::unbounded()))
    }
}
