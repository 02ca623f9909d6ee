//! The ticket's end of a reply slot.

use core::future::Future;
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::FixedStorage;
use super::slots::SlotIndex;
use super::waiters::Event;
use crate::answer::RequestId;
use crate::error::NoAnswer;
use crate::life::Phase;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Reply};

/// Stands for no slot: every index is smaller.
const NONE: SlotIndex = SlotIndex::MAX;

/// Owns a slot until the reply is taken, or the ticket is cancelled or dropped.
pub struct FixedReplyReceiver<
    'a,
    M: RawMutex,
    S: MessageSender,
    const Q: usize,
    const T: usize,
    const R: usize,
    const W: usize,
> {
    pub(super) storage: &'a FixedStorage<M, S, Q, T, R, W>,
    /// [`NONE`] once the slot is freed.
    pub(super) slot: SlotIndex,
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize>
    FixedReplyReceiver<'_, M, S, Q, T, R, W>
{
    /// Cancels the request `id`.
    pub(super) fn cancel(&mut self, id: RequestId) -> Cancel {
        let slot = self.slot;
        let (cancel, _left) = self.storage.with(|state| {
            let is_over = slot == NONE
                || state.slots.is_settled(slot)
                || self.storage.current_phase() == Phase::Stopped;
            if is_over { (Cancel::TooLate, None) } else { state.cancel(slot, id) }
        });
        if cancel != Cancel::TooLate {
            self.slot = NONE;
            self.storage.wake(Event::Room);
        }
        cancel
    }

    /// Frees the slot at once. Returns the reply, if there is one.
    fn release(&mut self) -> Option<Reply<S>> {
        let slot = replace(&mut self.slot, NONE);
        let left = self.storage.with(|state| state.slots.release(slot));
        self.storage.wake(Event::Room);
        left?.reply
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Future
    for FixedReplyReceiver<'_, M, S, Q, T, R, W>
{
    type Output = Reply<S>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reply<S>> {
        let slot = self.slot;
        let mut others_wait = false;
        let look = self.storage.with(|state| {
            others_wait = state.waiters.any();
            state.slots.look(slot, cx.waker())
        });
        match look {
            Ok(reply) => {
                self.slot = NONE;
                if others_wait {
                    self.storage.wake(Event::Room);
                }
                Poll::Ready(reply)
            }
            // `look` has stored the waker, so a worker that stops meanwhile wakes it.
            Err(_replaced) if self.storage.has_stopped() => {
                Poll::Ready(self.release().unwrap_or(Reply::no_answer(NoAnswer::Stopped, 0)))
            }
            Err(_replaced) => Poll::Pending,
        }
    }
}

impl<M: RawMutex, S: MessageSender, const Q: usize, const T: usize, const R: usize, const W: usize> Drop
    for FixedReplyReceiver<'_, M, S, Q, T, R, W>
{
    fn drop(&mut self) {
        if self.slot != NONE {
            drop(self.release());
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::sync::Arc;

    use embassy_sync::blocking_mutex::raw::NoopRawMutex;

    use super::*;
    use crate::error::SendError;
    use crate::keep_results::KeepResults;
    use crate::life::Exit;
    use crate::runtime::Instant;
    use crate::sender::echo::Echo;
    use crate::storage::Storage;
    use crate::storage::counting_task::CountingTask;

    #[test]
    fn a_ticket_that_nobody_settled_is_woken_and_ends_with_the_runner() {
        let storage = FixedStorage::<NoopRawMutex, Echo, 2, 2, 0, 2>::new();
        (&mut &storage).occupy(None, KeepResults::default()).unwrap();
        let (_, mut receiver) = (&storage).try_enqueue(&mut Some(7), Instant::NEVER).unwrap();
        let task = Arc::new(CountingTask::default());
        let waker = task.clone().into();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut receiver).poll(&mut cx).is_pending());
        (&storage).stop(Exit::Dropped);
        assert_eq!(task.woken(), 1);
        let Poll::Ready(reply) = Pin::new(&mut receiver).poll(&mut cx) else { panic!("it waits for ever") };
        assert!(matches!(
            reply,
            Reply { result: Err(SendError::NoAnswer(NoAnswer::Stopped)), attempts: 0, .. }
        ));
        assert_eq!(receiver.cancel(RequestId::new(0)), Cancel::TooLate);
    }
}
