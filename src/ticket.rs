//! The future of one request.

use core::fmt;
use core::future::Future;
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use crate::answer::RequestId;
use crate::error::{NoAnswer, SendError};
use crate::sender::MessageSender;
use crate::storage::{Cancel, Reply, Storage, TicketResult, Unnamed};

/// Resolves to the message of one request, or to a [`SendError`]; a request whose ticket is dropped is still sent.
///
/// [`request`](crate::SenderRunner::request) returns it. It resolves exactly once, always. To take the request back,
/// use [`cancel`](Self::cancel) or [`cancel_on_drop`](Self::cancel_on_drop).
///
/// # Panics
///
/// Panics if it is polled again after it was ready.
///
/// # Cancel safety
///
/// Await `&mut ticket` to keep the ticket if another future is ready first. Nothing is lost.
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
pub struct Ticket<S: MessageSender, Q: Storage<S> = Unnamed<S>> {
    id: RequestId,
    /// `None` once the ticket has ended.
    receiver: Option<Q::ReplyReceiver>,
    attempts: u32,
    may_have_arrived: bool,
    cancels_on_drop: bool,
    /// The fate of its request if it was cancelled, until the ticket resolves.
    cancelled: Cancel,
}

impl<S: MessageSender, Q: Storage<S>> Ticket<S, Q> {
    pub(crate) const fn new(id: RequestId, receiver: Q::ReplyReceiver) -> Self {
        let receiver = Some(receiver);
        Self {
            id,
            receiver,
            attempts: 0,
            may_have_arrived: true,
            cancels_on_drop: false,
            cancelled: Cancel::TooLate,
        }
    }

    /// Returns the request's id, the same as in the results.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Returns how often the sender was called for the request: 0 until the ticket is ready.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns false if sending the request again can't send it twice: the sender was never called for it, or says of
    /// each send that it surely did not arrive or was not taken. Returns true until the ticket is ready, as this is
    /// not known yet.
    ///
    /// ```
    /// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
    /// # use std::io;
    /// struct Unreachable;
    ///
    /// impl MessageSender for Unreachable {
    ///     type Request = u32;
    ///     type Message = u32;
    ///     type Rejection = ();
    ///     type Error = io::ErrorKind;
    ///
    ///     async fn send_message(&self, _: &u32) -> Result<MessageResponse<Self>, io::ErrorKind> {
    ///         Err(io::ErrorKind::ConnectionRefused)
    ///     }
    ///
    ///     fn may_have_arrived(error: &io::ErrorKind) -> bool {
    ///         *error != io::ErrorKind::ConnectionRefused
    ///     }
    /// }
    ///
    /// # smol::block_on(async {
    /// let runner = SenderRunner::builder(Unreachable).prepare(Smol).start(Smol).await.unwrap();
    /// let mut ticket = runner.request(7).await.unwrap();
    /// assert!((&mut ticket).await.is_err() && !ticket.may_have_arrived());
    /// # });
    /// ```
    pub fn may_have_arrived(&self) -> bool {
        self.may_have_arrived
    }

    /// Takes the request back, and ends the ticket now. If the request's turn has not come, it is never sent, and the
    /// ticket ends with [`NoAnswer::Cancelled`]. If its turn has begun, or may have, the send runs on and its
    /// response goes to the results; the ticket ends with [`NoAnswer::CancelledInFlight`].
    ///
    /// Returns false if the ticket had ended already. It then keeps its outcome.
    pub fn cancel(&mut self) -> bool {
        let Some(receiver) = &mut self.receiver else { return false };
        let cancelled = Q::cancel(receiver, self.id);
        if cancelled == Cancel::TooLate {
            return false;
        }
        self.receiver = None;
        (self.cancelled, self.may_have_arrived) = (cancelled, cancelled == Cancel::InFlight);
        true
    }

    /// Makes dropping the ticket [`cancel`](Self::cancel) it, as with most futures.
    pub fn cancel_on_drop(mut self) -> Self {
        self.cancels_on_drop = true;
        self
    }
}

impl<S: MessageSender, Q: Storage<S>> Unpin for Ticket<S, Q> {}

impl<S: MessageSender, Q: Storage<S>> Future for Ticket<S, Q> {
    type Output = TicketResult<S>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(receiver) = &mut this.receiver else {
            let why = match replace(&mut this.cancelled, Cancel::TooLate) {
                Cancel::Skipped => NoAnswer::Cancelled,
                Cancel::InFlight => NoAnswer::CancelledInFlight,
                Cancel::TooLate => panic!("a ticket was polled after it was ready"),
            };
            return Poll::Ready(Err(SendError::NoAnswer(why)));
        };
        let Reply { result, attempts, may_have_arrived } = ready!(Pin::new(receiver).poll(cx));
        this.receiver = None;
        (this.attempts, this.may_have_arrived) = (attempts, may_have_arrived);
        Poll::Ready(result)
    }
}

impl<S: MessageSender, Q: Storage<S>> Drop for Ticket<S, Q> {
    fn drop(&mut self) {
        if self.cancels_on_drop {
            self.cancel();
        }
    }
}

impl<S: MessageSender, Q: Storage<S>> fmt::Debug for Ticket<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id).finish_non_exhaustive()
    }
}
