//! A queue that many runners never need. An empty channel takes half a kilobyte, so there is none until it is asked for.

use alloc::boxed::Box;

use async_channel::{Receiver, Sender};
use once_cell::race::OnceBox;

pub(super) struct LazyQueue<T>(OnceBox<(Sender<T>, Receiver<T>)>);

impl<T> LazyQueue<T> {
    pub(super) const fn new() -> Self {
        Self(OnceBox::new())
    }

    fn channel(&self) -> &(Sender<T>, Receiver<T>) {
        self.0.get_or_init(|| Box::new(async_channel::unbounded()))
    }

    pub(super) fn sender(&self) -> &Sender<T> {
        &self.channel().0
    }

    pub(super) fn receiver(&self) -> &Receiver<T> {
        &self.channel().1
    }

    /// Puts an item in, unless the queue was closed.
    pub(super) fn push(&self, item: T) {
        let _ = self.sender().try_send(item);
    }

    /// Takes what is there.
    pub(super) fn drain(&self) -> impl Iterator<Item = T> {
        core::iter::from_fn(|| self.receiver().try_recv().ok())
    }
}
