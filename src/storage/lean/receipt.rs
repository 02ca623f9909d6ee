//! The ticket's end of a reply.

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};

use super::place::{Look, Place, Promise, State};
use super::reply::Reply;
use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Receipt, Settled};
use crate::strategy::RequestId;

/// The worker's end and the ticket's, of a place for one reply.
#[inline]
pub(super) fn pair<S: MessageSender>() -> (Promise<S>, LeanReceipt<S>) {
    // By its default it is made where it is to lie.
    let place = Arc::<Place<S>>::default();
    (Promise(Some(Arc::clone(&place))), LeanReceipt(Some(place)))
}

/// The ticket's end of the place for its reply; `None` once that was taken, or the request was taken back.
pub struct LeanReceipt<S: MessageSender>(Option<Arc<Place<S>>>);

impl<S: MessageSender> LeanReceipt<S> {
    const fn stopped() -> Settled<S> {
        Settled::no_answer(NoAnswer::Stopped, 0)
    }
}

impl<S: MessageSender> LeanReceipt<S> {
    /// The reply, if it is there. Most often the worker has let go of the place when the ticket comes: then no lock is needed.
    #[inline]
    pub(super) fn try_take(&mut self) -> Option<Settled<S>> {
        if Arc::strong_count(self.0.as_ref()?) > 1 {
            return None;
        }
        match Arc::into_inner(self.0.take()?)?.into_state() {
            State::Settled(reply) => Some(Reply::into_settled(reply)),
            _ => Some(Self::stopped()),
        }
    }
}

impl<S: MessageSender> Receipt<S> for LeanReceipt<S> {
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Settled<S>> {
        if let Some(settled) = self.try_take() {
            return Poll::Ready(settled);
        }
        let Some(place) = &self.0 else { return Poll::Ready(Self::stopped()) };
        let settled = match place.look(cx.waker()) {
            Look::Settled(reply) => Reply::into_settled(reply),
            Look::Closed => Self::stopped(),
            Look::Waits(_replaced) => return Poll::Pending,
        };
        self.0 = None;
        Poll::Ready(settled)
    }

    fn cancel(&mut self, _: RequestId) -> Cancel {
        let Some(place) = &self.0 else { return Cancel::TooLate };
        let cancel = place.cancel();
        if cancel != Cancel::TooLate {
            self.0 = None;
        }
        cancel
    }
}

impl<S: MessageSender> Drop for LeanReceipt<S> {
    #[inline]
    fn drop(&mut self) {
        if let Some(place) = &self.0
            && Arc::strong_count(place) > 1
        {
            place.leave();
        }
    }
}

impl<S: MessageSender> fmt::Debug for LeanReceipt<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeanReceipt").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;

    use super::*;
    use crate::error::{NoAnswer, SendError};
    use crate::storage::counting_task::CountingTask;
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

    fn message(reply: Option<Settled<Echo>>) -> bool {
        reply.is_some_and(|reply| matches!(reply, Settled { result: Ok(_), attempts: 2, .. }))
    }

    fn stopped(reply: Option<Settled<Echo>>) -> bool {
        reply.is_some_and(|reply| {
            matches!(reply, Settled { result: Err(SendError::NoAnswer(NoAnswer::Stopped)), attempts: 0, .. })
        })
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
        let task = Arc::new(CountingTask::default());
        let waker = Waker::from(task.clone());
        let (promise, mut receipt) = pair::<Echo>();
        assert!(poll(&mut receipt, &waker).is_none() && poll(&mut receipt, &waker).is_none());
        assert_eq!(Arc::strong_count(&task), 3);
        assert!(!promise.settle(reply(&Arc::new(()))));
        assert_eq!((task.woken(), Arc::strong_count(&task)), (1, 2));
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
        let task = Arc::new(CountingTask::default());
        for cancels in [false, true] {
            let (promise, mut receipt) = pair::<Echo>();
            assert!(poll(&mut receipt, &task.clone().into()).is_none());
            if cancels {
                let cancel = [receipt.cancel(RequestId::new(0)), receipt.cancel(RequestId::new(0))];
                assert_eq!(cancel, [Cancel::Skipped, Cancel::TooLate]);
            }
            drop(receipt);
            assert_eq!(Arc::strong_count(&task), 1);
            assert_eq!(promise.begin(), !cancels);
            let unread = Arc::new(());
            assert_eq!(promise.settle(reply(&unread)), cancels);
            assert_eq!(Arc::strong_count(&unread), 1);
        }
    }

    #[test]
    fn a_turn_that_has_begun_is_known_to_who_cancels() {
        let (promise, mut receipt) = pair::<Echo>();
        assert!(promise.begin());
        assert_eq!(receipt.cancel(RequestId::new(0)), Cancel::InFlight);
        assert!(promise.settle(reply(&Arc::new(()))));
    }

    #[test]
    fn it_is_too_late_to_take_back_what_is_settled() {
        let (promise, mut receipt) = pair::<Echo>();
        let held = promise.0.clone();
        assert!(!promise.settle(reply(&Arc::new(()))));
        assert_eq!(receipt.cancel(RequestId::new(0)), Cancel::TooLate);
        assert!(message(poll(&mut receipt, Waker::noop())));
        drop(held);
    }
}
