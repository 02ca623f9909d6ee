//! What was not sent, taken back one by one.

use core::fmt;

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::state::State;
use crate::sender::MessageSender;

/// The requests that a runner with a [`FixedStorage`] never sent, in their order. They stay in the storage until they are
/// taken from here: what this iterator leaves, the next one gives.
pub struct Unsent<
    'a,
    M: RawMutex,
    S: MessageSender,
    const Q: usize,
    const T: usize,
    const R: usize,
    const W: usize,
> {
    pub(super) storage: &'a FixedStorage<M, S, Q, T, R, W>,
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Iterator
    for Unsent<'_, M, S, Q, T, R, W>
{
    type Item = S::Request;

    fn next(&mut self) -> Option<S::Request> {
        self.storage.with(State::take_unsent)
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> fmt::Debug
    for Unsent<'_, M, S, Q, T, R, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsent").finish_non_exhaustive()
    }
}
