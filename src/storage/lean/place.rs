//! Where a reply goes: what the worker and the ticket of one request share.

use alloc::sync::Arc;
use core::mem::{replace, swap, take};
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::receipt::LeanReceipt;
use crate::sender::MessageSender;
use crate::storage::heap::reply::Reply;

/// The worker's end and the ticket's, of a place for one reply.
#[inline]
pub(super) fn pair<S: MessageSender>() -> (Promise<S>, LeanReceipt<S>) {
    let place = Arc::new(Place { cancelled: AtomicBool::new(false), state: Mutex::new(State::Open(None)) });
    (Promise(Some(Arc::clone(&place))), LeanReceipt::new(place))
}

pub(super) struct Place<S: MessageSender> {
    /// Whether the ticket took its request back. Written under the lock, read without.
    cancelled: AtomicBool,
    state: Mutex<State<S>>,
}

pub(super) enum State<S: MessageSender> {
    /// The request is not settled; its ticket may wait.
    Open(Option<Waker>),
    /// The ticket has not asked yet.
    Settled(Reply<S>),
    /// There is no reply, and none will come.
    Closed,
}

/// What a ticket finds.
pub(super) enum Look<S: MessageSender> {
    Settled(Reply<S>),
    /// It waits; the waker that gave way is to be dropped.
    Waits(Option<Waker>),
    /// No reply will come.
    Closed,
}

impl<S: MessageSender> Place<S> {
    /// Nobody runs foreign code under this lock, so nobody leaves it poisoned.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in a place that nobody else looks at.
    #[inline]
    pub(super) fn into_state(self) -> State<S> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a ticket: its reply, or keeps its waker.
    pub(super) fn look(&self, waker: &Waker) -> Look<S> {
        // Cloned before the lock is taken, as that runs foreign code.
        let mut waker = Some(waker.clone());
        let mut state = self.lock();
        match &mut *state {
            State::Open(kept) => {
                swap(kept, &mut waker);
                Look::Waits(waker)
            }
            _ => match replace(&mut *state, State::Closed) {
                State::Settled(reply) => Look::Settled(reply),
                _ => Look::Closed,
            },
        }
    }

    /// For a ticket that wants its request back. Whether it is not too late.
    pub(super) fn cancel(&self) -> bool {
        let mut state = self.lock();
        if !matches!(*state, State::Open(_)) {
            return false;
        }
        let _waker = replace(&mut *state, State::Closed);
        self.cancelled.store(true, Ordering::Release);
        drop(state);
        true
    }

    /// For a ticket that is dropped: nobody is to be woken any more.
    pub(super) fn leave(&self) {
        let _waker = match &mut *self.lock() {
            State::Open(waker) => take(waker),
            _ => None,
        };
    }
}

/// The worker's end. Dropped without a reply, it closes the place.
pub struct Promise<S: MessageSender>(Option<Arc<Place<S>>>);

impl<S: MessageSender> Promise<S> {
    /// Whether the ticket took its request back.
    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|place| place.cancelled.load(Ordering::Acquire))
    }

    /// Gives the ticket its reply, if it wants one. Tells whether it took its request back instead.
    #[inline]
    pub(super) fn settle(mut self, reply: Reply<S>) -> bool {
        self.0.take().is_some_and(|place| end(place, State::Settled(reply)))
    }
}

impl<S: MessageSender> Drop for Promise<S> {
    #[inline]
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            end(place, State::Closed);
        }
    }
}

/// Tells whether the ticket had taken its request back.
#[inline]
fn end<S: MessageSender>(place: Arc<Place<S>>, mut end: State<S>) -> bool {
    let mut state = place.lock();
    let was_open = matches!(*state, State::Open(_));
    if was_open {
        swap(&mut *state, &mut end);
    }
    drop(state);
    // Before the ticket is woken, so that it finds itself alone with its reply.
    drop(place);
    if let State::Open(Some(waker)) = end {
        waker.wake();
    }
    !was_open
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::*;
    use crate::error::NoAnswer;
    use crate::storage::{Receipt, Settled};
    use crate::strategy::RequestId;

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

    struct Task;

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    fn message(reply: Option<Settled<Echo>>) -> bool {
        reply.is_some_and(|reply| matches!(reply, Settled { outcome: Ok(Ok(_)), attempts: 2 }))
    }

    fn stopped(reply: Option<Settled<Echo>>) -> bool {
        reply.is_some_and(|reply| matches!(reply, Settled { outcome: Err(NoAnswer::Stopped), attempts: 0 }))
    }

    fn poll(receipt: &mut LeanReceipt<Echo>, waker: &Waker) -> Option<Settled<Echo>> {
        match receipt.poll(&mut core::task::Context::from_waker(waker)) {
            core::task::Poll::Ready(settled) => Some(settled),
            core::task::Poll::Pending => None,
        }
    }

    fn reply(message: &Arc<()>) -> Reply<Echo> {
        Reply::Message(2, message.clone())
    }

    #[test]
    fn a_reply_waits_for_its_ticket() {
        let sent = Arc::new(());
        let (promise, mut receipt) = pair::<Echo>();
        assert!(receipt.try_take().is_none());
        assert!(!promise.settle(reply(&sent)) && message(receipt.try_take()));
        // So does one whose ticket asks while the worker still holds the place.
        let (promise, mut receipt) = pair::<Echo>();
        let held = promise.0.clone();
        assert!(!promise.settle(reply(&sent)));
        assert!(receipt.try_take().is_none() && message(poll(&mut receipt, Waker::noop())));
        drop((receipt, held));
        let (promise, receipt) = pair::<Echo>();
        assert!(!promise.settle(reply(&sent)));
        drop(receipt);
        assert_eq!(Arc::strong_count(&sent), 1);
    }

    #[test]
    fn a_ticket_that_waits_is_woken_once_and_then_needs_no_lock() {
        let task = Arc::new(Task);
        let waker = Waker::from(task.clone());
        let (promise, mut receipt) = pair::<Echo>();
        assert!(poll(&mut receipt, &waker).is_none() && poll(&mut receipt, &waker).is_none());
        assert_eq!(Arc::strong_count(&task), 3);
        assert!(!promise.settle(reply(&Arc::new(()))));
        assert_eq!(Arc::strong_count(&task), 2);
        assert!(message(receipt.try_take()));
    }

    #[test]
    fn without_a_promise_the_ticket_ends_as_stopped() {
        let (promise, mut receipt) = pair::<Echo>();
        drop(promise);
        assert!(stopped(receipt.try_take()));
        let (promise, mut receipt) = pair::<Echo>();
        let held = promise.0.clone();
        drop(promise);
        assert!(stopped(poll(&mut receipt, Waker::noop())));
        drop(held);
    }

    #[test]
    fn a_ticket_that_leaves_takes_its_waker_along() {
        let task = Arc::new(Task);
        for cancels in [false, true] {
            let (promise, mut receipt) = pair::<Echo>();
            assert!(poll(&mut receipt, &task.clone().into()).is_none());
            if cancels {
                assert!(receipt.cancel(RequestId::new(0)) && !receipt.cancel(RequestId::new(0)));
            }
            drop(receipt);
            assert_eq!(Arc::strong_count(&task), 1);
            assert_eq!(promise.is_cancelled(), cancels);
            let unread = Arc::new(());
            assert_eq!(promise.settle(reply(&unread)), cancels);
            assert_eq!(Arc::strong_count(&unread), 1);
        }
    }

    #[test]
    fn it_is_too_late_to_take_back_what_is_settled() {
        let (promise, mut receipt) = pair::<Echo>();
        let held = promise.0.clone();
        assert!(!promise.settle(reply(&Arc::new(()))));
        assert!(!receipt.cancel(RequestId::new(0)) && message(poll(&mut receipt, Waker::noop())));
        drop(held);
    }
}
