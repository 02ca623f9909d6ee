//! The future of one request.

use core::fmt;
use core::future::Future;
use core::mem::{ManuallyDrop, replace};
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use crate::error::NoAnswer;
use crate::sender::MessageSender;
use crate::storage::{Receipt, Settled, Storage, TicketResult, Unnamed};
use crate::strategy::RequestId;

/// What [`request`](crate::SenderRunner::request) gives: a future of how the request ends.
///
/// It resolves exactly once, always: with the message, or with a [`SendError`](crate::SendError). Dropping it lets
/// the request be sent all the same; use [`cancel`](Self::cancel) or [`cancel_on_drop`](Self::cancel_on_drop) to
/// take it back.
///
/// # Panics
///
/// Polled again after it was ready, it panics.
///
/// # Cancel safety
///
/// Await `&mut ticket` to keep the ticket when another future wins; nothing is lost.
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # smol::block_on(async {
/// let runner = SenderRunner::builder(Echo).prepare(Smol).start(Smol).await.unwrap();
/// let mut ticket = runner.request(7).await.unwrap();
/// assert_eq!((&mut ticket).await, Ok(7));
/// assert_eq!(ticket.attempts(), 1);
/// # });
/// ```
#[must_use = "dropping a ticket sends its request all the same; await it to know how it ended"]
pub struct Ticket<S: MessageSender, Q: Storage<S> = Unnamed<S>>(State<Q::Receipt>);

/// A million tickets may be waited for, so nothing is kept beside what the state needs.
enum State<Receipt> {
    /// The receipt is dropped by hand: a ticket that has ended, as most have when they are dropped, has nothing to do then.
    Waiting(Label, ManuallyDrop<Receipt>),
    /// A cancelled ticket has not told so yet.
    Ended { id: RequestId, attempts: u32, cancelled: bool },
}

/// The request's id, and in its highest bit, which no id reaches, whether dropping the ticket cancels it.
#[derive(Clone, Copy)]
struct Label(u64);

impl Label {
    const CANCEL_ON_DROP: u64 = 1 << 63;

    const fn new(id: RequestId) -> Self {
        debug_assert!(id.get() < Self::CANCEL_ON_DROP, "no runner makes so many requests");
        Self(id.get())
    }

    const fn id(self) -> RequestId {
        RequestId::new(self.0 & !Self::CANCEL_ON_DROP)
    }

    const fn cancels_on_drop(self) -> bool {
        self.0 & Self::CANCEL_ON_DROP != 0
    }
}

impl<S: MessageSender, Q: Storage<S>> Ticket<S, Q> {
    pub(crate) const fn new(id: RequestId, receipt: Q::Receipt) -> Self {
        Self(State::Waiting(Label::new(id), ManuallyDrop::new(receipt)))
    }

    /// The request's id: the same that its responses carry in the results.
    pub fn id(&self) -> RequestId {
        match self.0 {
            State::Waiting(label, _) => label.id(),
            State::Ended { id, .. } => id,
        }
    }

    /// How often the sender was called for the request: 0 until the ticket is ready.
    pub fn attempts(&self) -> u32 {
        match self.0 {
            State::Ended { attempts, .. } => attempts,
            State::Waiting(..) => 0,
        }
    }

    /// Takes the request back. If its turn has not come, it is never sent. If it is being sent, the send runs on
    /// and its response goes to the results. Either way the ticket ends now, with [`NoAnswer::Cancelled`].
    ///
    /// Returns `false` if the ticket had already ended; it then keeps its outcome.
    pub fn cancel(&mut self) -> bool {
        let State::Waiting(label, receipt) = &mut self.0 else { return false };
        let id = label.id();
        let cancelled = receipt.cancel(id);
        if cancelled {
            self.end(State::Ended { id, attempts: 0, cancelled: true });
        }
        cancelled
    }

    /// Ends the ticket, if it still waits, as `ended` says.
    #[inline]
    fn end(&mut self, ended: State<Q::Receipt>) {
        let nothing = State::Ended { id: RequestId::new(0), attempts: 0, cancelled: false };
        if let State::Waiting(_, receipt) = replace(&mut self.0, nothing) {
            drop(ManuallyDrop::into_inner(receipt));
        }
        // Written after foreign code has run: so the compiler knows, where a ticket is awaited and dropped, that it has ended.
        self.0 = ended;
    }

    #[cold]
    fn settled_before(cancelled: bool) -> Settled<S> {
        assert!(cancelled, "a ticket was polled after it was ready");
        Settled::no_answer(NoAnswer::Cancelled, 0)
    }

    #[inline(never)]
    fn end_at_last(&mut self) {
        if let State::Waiting(label, receipt) = &mut self.0 {
            let id = label.id();
            let cancelled = label.cancels_on_drop() && receipt.cancel(id);
            self.end(State::Ended { id, attempts: 0, cancelled });
        }
    }

    /// Lets dropping the ticket [`cancel`](Self::cancel) it, as dropping most futures does.
    pub fn cancel_on_drop(mut self) -> Self {
        if let State::Waiting(label, _) = &mut self.0 {
            label.0 |= Label::CANCEL_ON_DROP;
        }
        self
    }
}

impl<S: MessageSender, Q: Storage<S>> Unpin for Ticket<S, Q> {}

impl<S: MessageSender, Q: Storage<S>> Future for Ticket<S, Q> {
    type Output = TicketResult<S>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Most often the reply is there: that is asked here, and all else elsewhere, to be small.
        let (id, settled) = match &mut self.0 {
            State::Waiting(label, receipt) => {
                let settled = ready!(receipt.poll(cx));
                (label.id(), settled)
            }
            State::Ended { id, cancelled, .. } => (*id, Self::settled_before(*cancelled)),
        };
        self.end(State::Ended { id, attempts: settled.attempts, cancelled: false });
        Poll::Ready(settled.result)
    }
}

impl<S: MessageSender, Q: Storage<S>> Drop for Ticket<S, Q> {
    fn drop(&mut self) {
        if matches!(self.0, State::Waiting(..)) {
            self.end_at_last();
        }
    }
}

impl<S: MessageSender, Q: Storage<S>> fmt::Debug for Ticket<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id()).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "alloc", target_pointer_width = "64"))]
mod tests {
    use super::*;
    use crate::sender::echo::Echo;

    #[test]
    fn it_is_as_small_as_what_it_holds() {
        assert_eq!(size_of::<Ticket<Echo>>(), 3 * size_of::<u64>());
    }
}
