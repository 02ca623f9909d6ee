//! A queue that takes no memory until something is put into it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use async_channel::{Receiver, Sender};
use once_cell::race::OnceBox;

pub(in crate::storage) struct LazyQueue<T>(OnceBox<(Sender<T>, Receiver<T>)>);

impl<T> LazyQueue<T> {
    pub(in crate::storage) const fn new() -> Self {
        Self(OnceBox::new())
    }

    #[inline]
    pub(in crate::storage) fn channel(&self) -> &(Sender<T>, Receiver<T>) {
        self.0.get().unwrap_or_else(|| self.make())
    }

    #[cold]
    fn make(&self) -> &(Sender<T>, Receiver<T>) {
        self.0.get_or_init(|| Box::new(async_channel::unbounded()))
    }

    /// The queue's beginning; it is made if there is none.
    #[inline]
    pub(in crate::storage) fn sender(&self) -> &Sender<T> {
        &self.channel().0
    }

    /// The queue's end, if anything was ever put in.
    #[inline]
    pub(in crate::storage) fn receiver(&self) -> Option<&Receiver<T>> {
        self.0.get().map(|(_, receiver)| receiver)
    }

    /// Drops `item` if the queue was closed.
    #[inline]
    pub(in crate::storage) fn push(&self, item: T) {
        let _ = self.sender().try_send(item);
    }

    pub(in crate::storage) fn take(&self) -> Vec<T> {
        let mut items = Vec::new();
        while let Some(item) = self.receiver().and_then(|queue| queue.try_recv().ok()) {
            items.push(item);
        }
        items
    }
}
