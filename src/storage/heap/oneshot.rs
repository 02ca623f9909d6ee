//! The reply of one request in the fast storage: one allocation that the worker and the ticket share.

use alloc::sync::Arc;
use core::future::Future;
use core::mem::replace;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::contain::contain;
use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Reply};

/// Creates the two ends of a reply.
pub(super) fn channel<S: MessageSender>() -> (Sender<S>, Receiver<S>) {
    // `Arc::default` creates the place without moving it.
    let place = Arc::<Place<S>>::default();
    (Sender(Some(Arc::clone(&place))), Receiver(Some(place)))
}

/// Keep this small: with 1,000 outstanding tickets, cache misses dominate.
struct Place<S: MessageSender> {
    /// Set when the turn of the request begins, and when its ticket is cancelled. The first of the two finds it unset.
    claimed: AtomicBool,
    state: Mutex<State<S>>,
}

impl<S: MessageSender> Default for Place<S> {
    fn default() -> Self {
        Self { claimed: AtomicBool::new(false), state: Mutex::new(State::Open) }
    }
}

enum State<S: MessageSender> {
    /// The request is not settled.
    Open,
    /// The request is not settled. Holds the waker of a ticket that waits for the reply.
    Awaited(Waker),
    /// Holds a reply that the ticket has not taken yet.
    Settled(Reply<S>),
    /// There is no reply, and none will come.
    Closed,
}

impl<S: MessageSender> State<S> {
    /// Returns true if the request is not settled.
    const fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Awaited(_))
    }
}

impl<S: MessageSender> Place<S> {
    /// Locks the state. No user code runs under this lock, so it is never poisoned.
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker's end. If it is dropped without a reply, it closes the place.
pub struct Sender<S: MessageSender>(Option<Arc<Place<S>>>);

impl<S: MessageSender> Sender<S> {
    /// Begins the turn of the request. Returns false if its ticket was cancelled first.
    pub(super) fn begin(&self) -> bool {
        self.0.as_ref().is_none_or(|place| !place.claimed.swap(true, Ordering::AcqRel))
    }

    /// Sends the reply to the ticket. Returns false if the ticket was cancelled instead.
    #[expect(
        clippy::inline_always,
        reason = "each call moves the reply once more: 2 % of what a request takes"
    )]
    #[inline(always)]
    pub(super) fn send(mut self, reply: Reply<S>) -> bool {
        let Some(place) = self.0.take() else { return false };
        let mut state = place.lock();
        if !state.is_open() {
            drop(state);
            contain(|| drop(reply));
            return false;
        }
        let before = replace(&mut *state, State::Settled(reply));
        drop(state);
        // Released before the ticket is woken, which then owns the place alone. A reply without a ticket is dropped.
        if let Some(unasked) = Arc::into_inner(place) {
            contain(|| drop(unasked));
        }
        if let State::Awaited(waker) = before {
            contain(|| waker.wake());
        }
        true
    }

    /// Closes the place, as no reply will come, and wakes the ticket.
    #[cold]
    fn close(place: Arc<Place<S>>) {
        let mut state = place.lock();
        if state.is_open() {
            let before = replace(&mut *state, State::Closed);
            drop(state);
            drop(place);
            if let State::Awaited(waker) = before {
                contain(|| waker.wake());
            }
        }
    }
}

impl<S: MessageSender> Drop for Sender<S> {
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            Self::close(place);
        }
    }
}

/// The ticket's end. `None` once it has ended.
pub struct Receiver<S: MessageSender>(Option<Arc<Place<S>>>);

impl<S: MessageSender> Receiver<S> {
    fn reply_of(ended: State<S>) -> Reply<S> {
        match ended {
            State::Settled(reply) => reply,
            _ => Reply::no_answer(NoAnswer::Stopped, 0),
        }
    }

    /// Takes the state without a lock if the worker has released the place. That is the common case when a woken
    /// ticket is polled.
    fn take_alone(&mut self) -> Option<State<S>> {
        if Arc::strong_count(self.0.as_ref()?) > 1 {
            return None;
        }
        let place = Arc::into_inner(self.0.take()?)?;
        Some(place.state.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Cancels the ticket, if it is not too late.
    pub(super) fn cancel(&mut self) -> Cancel {
        let Some(place) = &self.0 else { return Cancel::TooLate };
        let mut state = place.lock();
        if !state.is_open() {
            return Cancel::TooLate;
        }
        let _waker = replace(&mut *state, State::Closed);
        drop(state);
        let has_begun = place.claimed.swap(true, Ordering::AcqRel);
        self.0 = None;
        if has_begun { Cancel::InFlight } else { Cancel::Skipped }
    }
}

impl<S: MessageSender> Future for Receiver<S> {
    type Output = Reply<S>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reply<S>> {
        if let Some(ended) = self.take_alone() {
            return Poll::Ready(Self::reply_of(ended));
        }
        let Some(place) = &self.0 else { return Poll::Ready(Self::reply_of(State::Closed)) };
        // Cloned before the lock is taken, as the clone runs user code.
        let waits = State::Awaited(cx.waker().clone());
        let mut state = place.lock();
        let next = if state.is_open() { waits } else { State::Closed };
        let before = replace(&mut *state, next);
        drop(state);
        if before.is_open() {
            return Poll::Pending;
        }
        self.0 = None;
        Poll::Ready(Self::reply_of(before))
    }
}

impl<S: MessageSender> Drop for Receiver<S> {
    /// Removes the ticket's waker, so that no task is woken any more.
    fn drop(&mut self) {
        if let Some(place) = &self.0
            && Arc::strong_count(place) > 1
        {
            let mut state = place.lock();
            let _waker = state.is_open().then(|| replace(&mut *state, State::Open));
            drop(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{NoAnswer, SendError};
    use crate::storage::counting_task::CountingTask;

    struct Echo;

    impl MessageSender for Echo {
        type Request = ();
        type Message = Arc<()>;
        type Rejection = ();
        type Error = ();

        async fn send_message(&self, (): &()) -> Result<Result<Arc<()>, ()>, ()> {
            Ok(Ok(Arc::new(())))
        }
    }

    fn message(reply: Option<Reply<Echo>>) -> bool {
        reply.is_some_and(|reply| matches!(reply, Reply { result: Ok(_), attempts: 2, .. }))
    }

    fn stopped(reply: Option<Reply<Echo>>) -> bool {
        reply.is_some_and(|reply| {
            matches!(reply, Reply { result: Err(SendError::NoAnswer(NoAnswer::Stopped)), attempts: 0, .. })
        })
    }

    fn poll(receiver: &mut Receiver<Echo>, waker: &Waker) -> Option<Reply<Echo>> {
        match Pin::new(receiver).poll(&mut Context::from_waker(waker)) {
            Poll::Ready(reply) => Some(reply),
            Poll::Pending => None,
        }
    }

    fn reply(message: &Arc<()>) -> Reply<Echo> {
        Reply { result: Ok(message.clone()), attempts: 2, may_have_arrived: true }
    }

    #[test]
    fn a_reply_waits_for_its_ticket() {
        let sent = Arc::new(());
        let (sender, mut receiver) = channel::<Echo>();
        assert!(sender.send(reply(&sent)));
        assert!(message(poll(&mut receiver, Waker::noop())));
        // A reply also waits while the worker still holds the place.
        let (sender, mut receiver) = channel::<Echo>();
        let held = sender.0.clone();
        assert!(sender.send(reply(&sent)));
        assert!(message(poll(&mut receiver, Waker::noop())));
        drop((receiver, held));
        let (sender, receiver) = channel::<Echo>();
        assert!(sender.send(reply(&sent)));
        drop(receiver);
        assert_eq!(Arc::strong_count(&sent), 1);
    }

    #[test]
    fn a_ticket_that_waits_is_woken_once() {
        let task = Arc::new(CountingTask::default());
        let waker = Waker::from(task.clone());
        let (sender, mut receiver) = channel::<Echo>();
        assert!(poll(&mut receiver, &waker).is_none() && poll(&mut receiver, &waker).is_none());
        assert_eq!(Arc::strong_count(&task), 3);
        assert!(sender.send(reply(&Arc::new(()))));
        assert_eq!((task.woken(), Arc::strong_count(&task)), (1, 2));
        assert!(message(poll(&mut receiver, &waker)));
    }

    #[test]
    fn without_a_sender_the_ticket_ends_as_stopped() {
        let (sender, mut receiver) = channel::<Echo>();
        drop(sender);
        assert!(stopped(poll(&mut receiver, Waker::noop())));
        let (sender, mut receiver) = channel::<Echo>();
        let held = sender.0.clone();
        drop(sender);
        assert!(stopped(poll(&mut receiver, Waker::noop())));
        drop(held);
    }

    #[test]
    fn a_ticket_that_leaves_takes_its_waker_along() {
        let task = Arc::new(CountingTask::default());
        for cancels in [false, true] {
            let (sender, mut receiver) = channel::<Echo>();
            assert!(poll(&mut receiver, &task.clone().into()).is_none());
            if cancels {
                let cancel = [receiver.cancel(), receiver.cancel()];
                assert_eq!(cancel, [Cancel::Skipped, Cancel::TooLate]);
            }
            drop(receiver);
            assert_eq!(Arc::strong_count(&task), 1);
            assert_eq!(sender.begin(), !cancels);
            let unread = Arc::new(());
            assert_eq!(sender.send(reply(&unread)), !cancels);
            assert_eq!(Arc::strong_count(&unread), 1);
        }
    }

    #[test]
    fn a_turn_that_has_begun_is_known_to_who_cancels() {
        let (sender, mut receiver) = channel::<Echo>();
        assert!(sender.begin());
        assert_eq!(receiver.cancel(), Cancel::InFlight);
        assert!(!sender.send(reply(&Arc::new(()))));
    }

    #[test]
    fn it_is_too_late_to_take_back_what_is_settled() {
        let (sender, mut receiver) = channel::<Echo>();
        let held = sender.0.clone();
        assert!(sender.send(reply(&Arc::new(()))));
        assert_eq!(receiver.cancel(), Cancel::TooLate);
        assert!(message(poll(&mut receiver, Waker::noop())));
        drop(held);
    }
}
