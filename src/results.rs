//! The stream of responses, and what is kept for it.

use core::fmt;
use core::future::Future;
use core::num::NonZeroUsize;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures::stream::{FusedStream, Stream};

use crate::error::InvalidArgument;
use crate::sender::MessageSender;
use crate::storage::{Storage, Unnamed};
use crate::strategy::RequestId;

/// The service's answer to one request, as [`Results`] yields it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answer<M, R> {
    /// The request's id, the same as its ticket's.
    pub id: RequestId,
    /// How often the request was re-queued before: 0 in its first round.
    pub cycle: u32,
    /// How often the sender was called in this round.
    pub attempts: u32,
    /// What the service answered.
    pub response: Result<M, R>,
}

/// The responses of a runner, as they come: a [`Stream`] that ends when the runner has stopped and all were
/// taken.
///
/// Several consumers share one queue; each response goes to one of them. Dropping a consumer loses nothing that
/// another can take; what is left when the last one leaves is dropped, unless the builder asked to
/// [keep results always](KeepResults::always).
///
/// # Cancel safety
///
/// Dropping a pending `next()` or [`recv`](Self::recv) takes no response with it.
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
/// let mut results = runner.results();
/// let ticket = runner.request(7).await.unwrap();
/// runner.close().await;
///
/// while let Some(answer) = results.recv().await {
///     assert_eq!((answer.id, answer.response), (ticket.id(), Ok(7)));
/// }
/// # });
/// ```
pub struct Results<S: MessageSender, Q: Storage<S> = Unnamed<S>>(Q::Responses);

impl<S: MessageSender, Q: Storage<S>> Results<S, Q> {
    pub(crate) fn new(storage: &Q) -> Self {
        Self(storage.subscribe())
    }

    /// The next response, or `None` once the runner has stopped and all were taken: what `StreamExt::next` gives, without a
    /// trait to import.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has taken no response.
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = Option<Answer<S::Message, S::Rejection>>> {
        Recv(self)
    }
}

/// The future of [`Results::recv`].
struct Recv<'a, S: MessageSender, Q: Storage<S>>(&'a mut Results<S, Q>);

impl<S: MessageSender, Q: Storage<S>> Future for Recv<'_, S, Q> {
    type Output = Option<Answer<S::Message, S::Rejection>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0.0).poll_next(cx)
    }
}

impl<S: MessageSender, Q: Storage<S>> Stream for Results<S, Q> {
    type Item = Answer<S::Message, S::Rejection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx)
    }
}

impl<S: MessageSender, Q: Storage<S>> FusedStream for Results<S, Q> {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

impl<S: MessageSender, Q: Storage<S>> fmt::Debug for Results<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").finish_non_exhaustive()
    }
}

/// Which responses are kept for [`Results`], and how many.
///
/// The default keeps them while a consumer exists, without a bound.
///
/// ```
/// use telegram_sender::{KeepResults, Overflow};
///
/// let latest = KeepResults::always().bounded(100, Overflow::DropOldest)?;
/// assert_eq!(KeepResults::default().bounded(0, Overflow::Wait).unwrap_err().argument(), "capacity");
/// # let _ = latest; Ok::<(), telegram_sender::InvalidArgument>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct KeepResults {
    /// `None`: while a consumer exists.
    pub(crate) always: Option<bool>,
    pub(crate) bound: Option<Bound>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) capacity: NonZeroUsize,
    pub(crate) overflow: Overflow,
}

impl KeepResults {
    /// Keeps responses while a consumer exists: a [`Results`], or a waiting
    /// [`result`](crate::SenderRunner::result).
    pub const fn while_read() -> Self {
        Self { always: None, bound: None }
    }

    /// Keeps responses for consumers to come, too. Unread and unbounded they pile up.
    pub const fn always() -> Self {
        Self { always: Some(true), bound: None }
    }

    /// Keeps none: consumers get nothing.
    pub const fn never() -> Self {
        Self { always: Some(false), bound: None }
    }

    /// Keeps at most `capacity` unread responses, and deals with more as `overflow` says.
    ///
    /// # Errors
    ///
    /// Refused when `capacity` is zero.
    pub const fn bounded(mut self, capacity: usize, overflow: Overflow) -> Result<Self, InvalidArgument> {
        let Some(capacity) = NonZeroUsize::new(capacity) else {
            return Err(InvalidArgument::new("capacity", "must be at least 1"));
        };
        self.bound = Some(Bound { capacity, overflow });
        Ok(self)
    }
}

/// What happens to a response for which a bounded results queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Overflow {
    /// The runner waits for a consumer before it sends the next request. The response that found no room waits with it;
    /// on the heap it can be read already. A runner that closes waits no more, and keeps every response whatever the
    /// bound, so that a drain always ends and loses nothing.
    Wait,
    /// The oldest response is dropped, and counted.
    DropOldest,
    /// The new response is dropped, and counted.
    DropNewest,
}
