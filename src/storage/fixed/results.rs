//! A consumer of the results in a fixed storage.

use core::pin::Pin;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;
use futures::stream::{FusedStream, Stream};

use super::FixedStorage;
use super::state::State;
use super::waiters::Event;
use crate::contain::contain;
use crate::sender::MessageSender;
use crate::storage::AnswerOf;

/// A consumer of the results queue.
pub struct FixedResponses<
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

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Stream
    for FixedResponses<'_, M, S, Q, T, R, W>
{
    type Item = AnswerOf<S>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<AnswerOf<S>>> {
        let next = self.storage.poll_for(cx, Event::Response, |state| match state.results.pop() {
            // The worker may wait for the room that this leaves.
            Some(answer) => Some((Some(answer), state.take_worker())),
            None => state.results_ended.get().then_some((None, None)),
        });
        next.map(|(answer, worker)| {
            if let Some(worker) = worker {
                contain(|| worker.wake());
            }
            answer
        })
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FusedStream for FixedResponses<'_, M, S, Q, T, R, W>
{
    fn is_terminated(&self) -> bool {
        self.storage.with(|state| state.results_ended.get() && state.results.len() == 0)
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Drop
    for FixedResponses<'_, M, S, Q, T, R, W>
{
    fn drop(&mut self) {
        let worker = self.storage.with(|state| {
            state.consumers.set(state.consumers.get() - 1);
            self.storage.note_wants(state);
            state.take_worker()
        });
        // Each is dropped outside of the lock, as a drop runs user code.
        while let Some(unread) = self.storage.with(State::take_unread) {
            contain(|| drop(unread));
        }
        if let Some(worker) = worker {
            contain(|| worker.wake());
        }
    }
}
