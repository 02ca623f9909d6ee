//! The ticket's end of a reply.

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};

use super::place::{Look, Place, State};
use super::reply::Reply;
use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Cancel, Receipt, Settled};
use crate::strategy::RequestId;

/// The ticket's end of the place for its reply; `None` once that was taken, or the request was taken back.
pub struct LeanReceipt<S: MessageSender>(Option<Arc<Place<S>>>);

impl<S: MessageSender> LeanReceipt<S> {
    #[inline]
    pub(super) const fn new(place: Arc<Place<S>>) -> Self {
        Self(Some(place))
    }

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
