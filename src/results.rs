//! The stream of answers.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures::stream::{FusedStream, Stream};

use crate::answer::Answer;
use crate::sender::MessageSender;
use crate::storage::{Storage, Unnamed};

/// Yields the answers of a runner as they come: a [`Stream`] that ends once the runner has stopped and all
/// answers are taken.
///
/// Several consumers share one queue: each answer goes to one of them. A consumer that is dropped leaves its
/// answers to the others. When the last one is dropped, the remaining answers are dropped too, unless the builder
/// asked to [keep results always](crate::runner::KeepResults::always).
///
/// # Cancel safety
///
/// Dropping a pending `next()` or [`recv`](Self::recv) loses no answer.
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

    /// Waits for the next answer. Returns `None` once the runner has stopped and all answers are taken. Does what
    /// `StreamExt::next` does, without a trait to import.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready has taken no answer.
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
