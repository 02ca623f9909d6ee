//! A stream of requests in, a stream of their outcomes out.

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

/// How a request of [`SenderRunner::send_all`] ended.
type Outcome<S> = Result<
    <S as MessageSender>::Message,
    CallError<<S as MessageSender>::Request, <S as MessageSender>::Rejection, <S as MessageSender>::Error>,
>;

pin_project! {
    /// The outcomes of a stream of requests, in its order; made by [`SenderRunner::send_all`].
    ///
    /// It is driven by being polled: that is when requests are taken from the stream. It ends when the stream has ended
    /// and all outcomes were taken, or after the outcome of a request that the closing runner refused: what was not
    /// taken from the stream then is still there, see [`into_requests`](Self::into_requests).
    ///
    /// # Cancel safety
    ///
    /// Dropping a pending `next()` loses nothing. Dropping this lets the requests that were taken be sent all the same,
    /// but for one that waits for room in a full queue: that is dropped too.
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

/// Where the requests come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Open,
    /// It has ended, or the runner takes no more.
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

    /// Takes at most `requests` from the stream whose outcomes were not taken yet. Default: 64.
    ///
    /// # Errors
    ///
    /// Refused when `requests` is zero.
    pub fn max_outstanding(mut self, requests: usize) -> Result<Self, InvalidArgument> {
        self.max_outstanding =
            NonZeroUsize::new(requests).ok_or(InvalidArgument::new("requests", "must be at least 1"))?;
        Ok(self)
    }

    /// Gives the stream of requests back, with the one that was taken from it and not enqueued yet, if there is one.
    /// Those that were enqueued are sent all the same.
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
    /// Takes requests from the stream and enqueues them, as many as may be outstanding.
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
