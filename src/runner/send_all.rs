//! The stream adapter that sends a stream of requests and yields their outcomes.

use alloc::collections::VecDeque;
use core::fmt;
use core::num::NonZeroUsize;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures::future::FutureExt;
use futures::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

use super::SenderRunner;
use crate::error::{CallError, InvalidArgument, RequestError};
use crate::runtime::Timer;
use crate::sender::MessageSender;
use crate::storage::{Refused, Storage, Unnamed};
use crate::ticket::Ticket;

/// The end of a request of [`SenderRunner::send_all`].
type Outcome<S> = Result<
    <S as MessageSender>::Message,
    CallError<<S as MessageSender>::Request, <S as MessageSender>::Rejection, <S as MessageSender>::Error>,
>;

pin_project! {
    /// The outcomes of a stream of requests, in the order of the requests; made by [`SenderRunner::send_all`].
    ///
    /// Polling it takes requests from their stream. It ends when that stream has ended and all outcomes were read, or after
    /// the outcome of a request that the closing runner refused. The rest of the stream is left then: see
    /// [`into_requests`](Self::into_requests).
    ///
    /// # Cancel safety
    ///
    /// It is `Unpin` if the stream of requests is. Dropping a pending `next()` loses nothing. Dropping the stream of outcomes lets the enqueued requests be sent. A request
    /// that waits for room in a full queue is dropped with it.
    #[must_use = "streams do nothing unless polled"]
    pub struct SendAll<S, T, St, Q = Unnamed<S>>
    where
        S: MessageSender,
        Q: Storage<S>,
    {
        runner: SenderRunner<S, T, Q>,
        #[pin]
        requests: St,
        source: Source,
        max_outstanding: NonZeroUsize,
        outstanding: VecDeque<Ticket<S, Q>>,
        waits_for_room: Option<S::Request>,
        room: Q::Wait,
        refused: Option<S::Request>,
    }
}

/// The state of the stream of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Open,
    /// It has ended, or the runner refuses requests.
    Done,
}

const DEFAULT_MAX_OUTSTANDING: NonZeroUsize = NonZeroUsize::new(64).expect("it is not zero");

impl<S: MessageSender, T: Timer, St, Q: Storage<S>> SendAll<S, T, St, Q> {
    pub(super) fn new(runner: SenderRunner<S, T, Q>, requests: St) -> Self {
        Self {
            runner,
            requests,
            source: Source::Open,
            max_outstanding: DEFAULT_MAX_OUTSTANDING,
            outstanding: VecDeque::new(),
            waits_for_room: None,
            room: Q::Wait::default(),
            refused: None,
        }
    }

    /// Sets how many requests may be taken from the stream ahead of the outcomes that were read. Default: 64.
    ///
    /// # Errors
    ///
    /// Fails if `requests` is zero.
    pub fn max_outstanding(mut self, requests: usize) -> Result<Self, InvalidArgument> {
        self.max_outstanding =
            NonZeroUsize::new(requests).ok_or(InvalidArgument::new("requests", "must be at least 1"))?;
        Ok(self)
    }

    /// Returns the stream of requests, with the request that was taken from it and is not enqueued, if there is one. The
    /// enqueued requests are sent.
    pub fn into_requests(self) -> (Option<S::Request>, St) {
        (self.waits_for_room.or(self.refused), self.requests)
    }
}

impl<S, T, St, Q> SendAll<S, T, St, Q>
where
    S: MessageSender,
    T: Timer,
    St: Stream<Item = S::Request>,
    Q: Storage<S>,
{
    /// Enqueues requests from the stream, as many as may be outstanding.
    fn feed(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let mut this = self.project();
        while *this.source == Source::Open && this.outstanding.len() < this.max_outstanding.get() {
            if this.waits_for_room.is_none() {
                match this.requests.as_mut().poll_next(cx) {
                    Poll::Ready(Some(request)) => *this.waits_for_room = Some(request),
                    Poll::Ready(None) => {
                        *this.source = Source::Done;
                        return;
                    }
                    Poll::Pending => return,
                }
            }
            match this.runner.enqueue(this.waits_for_room) {
                Ok(ticket) => this.outstanding.push_back(ticket),
                Err(Refused::Full) => {
                    if this.runner.storage.poll_room(this.room, cx).is_pending() {
                        return;
                    }
                }
                Err(Refused::Closing) => {
                    *this.refused = this.waits_for_room.take();
                    *this.source = Source::Done;
                }
            }
        }
    }
}

impl<S, T, St, Q> Stream for SendAll<S, T, St, Q>
where
    S: MessageSender,
    T: Timer,
    St: Stream<Item = S::Request>,
    Q: Storage<S>,
{
    type Item = Outcome<S>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.as_mut().feed(cx);
        let this = self.project();
        if let Some(next) = this.outstanding.front_mut() {
            let outcome = ready!(next.poll_unpin(cx));
            this.outstanding.pop_front();
            return Poll::Ready(Some(outcome.map_err(CallError::Failed)));
        }
        match this.refused.take() {
            Some(request) => Poll::Ready(Some(Err(CallError::Refused(RequestError::Closing(request))))),
            None if *this.source == Source::Done => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl<S, T, St, Q> FusedStream for SendAll<S, T, St, Q>
where
    S: MessageSender,
    T: Timer,
    St: Stream<Item = S::Request>,
    Q: Storage<S>,
{
    fn is_terminated(&self) -> bool {
        self.source == Source::Done && self.outstanding.is_empty() && self.refused.is_none()
    }
}

impl<S: MessageSender, T, St, Q: Storage<S>> fmt::Debug for SendAll<S, T, St, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendAll").field("outstanding", &self.outstanding.len()).finish_non_exhaustive()
    }
}
