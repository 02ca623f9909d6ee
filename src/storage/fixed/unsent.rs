//! The iterator over unsent requests.

use core::fmt;

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::state::State;
use crate::sender::MessageSender;

/// The requests of a runner with a [`FixedStorage`] that surely did not arrive, in their order. A request stays in
/// the storage until an iterator yields it: the next iterator continues where this one stops.
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
