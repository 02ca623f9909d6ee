//! One connection: hyper's own, with a sign of its end. It lives no longer than its handle.

use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::channel::oneshot;
use futures::future::{Either, FutureExt as _, select};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Response};

use super::body::Once;
use super::progress::Progress;

/// Requests go in here; what reads and writes runs in the background.
///
/// Dropping it ends the background, and so closes the socket and frees the request, whatever was written. hyper alone
/// would go on writing a request whose answer nobody waits for. A background that writes at this very moment stops too:
/// [`Progress`] tells its stream.
///
/// hyper passes requests on through a channel. One that gets in there just as the background ends is seen by nobody, and
/// waits for as long as its sender does. So the end of the background is watched beside the answer.
pub(super) struct Connection {
    requests: SendRequest<Once>,
    progress: Arc<Progress>,
    /// Fails when the background has ended.
    background: oneshot::Receiver<Infallible>,
    /// Ends the background when dropped.
    _alive: oneshot::Sender<Infallible>,
}

/// Why there is no answer.
pub(super) enum Failed {
    /// The connection ended before a byte of the request was written.
    Unwritten(Option<hyper::Error>),
    /// The connection broke.
    Broken {
        error: hyper::Error,
        /// Whether the request may have been written, in part or whole.
        begun: bool,
    },
}

impl Connection {
    /// The connection whose requests `background` reads and writes, and that, to be run. `progress` is noted by the
    /// stream of `background`.
    pub(super) fn new(
        requests: SendRequest<Once>,
        progress: Arc<Progress>,
        background: impl Future<Output = ()>,
    ) -> (Self, impl Future<Output = ()>) {
        let (running, ended) = oneshot::channel();
        let (alive, dropped) = oneshot::channel();
        let background = async move {
            // Dropped after all that the background holds.
            let _running = running;
            select(dropped, pin!(background)).await;
        };
        (Self { requests, progress, background: ended, _alive: alive }, background)
    }

    /// Waits until it takes a request. Returns true if it does: it may have been closed.
    pub(super) async fn ready(&mut self) -> bool {
        self.requests.ready().await.is_ok()
    }

    /// Returns true if the last request was written to its end.
    ///
    /// A server may answer before it has read all of a request. The rest stands in the way of the next one.
    pub(super) fn is_reusable(&self) -> bool {
        self.progress.is_complete()
    }

    pub(super) async fn send(&mut self, request: Request<Bytes>) -> Result<Response<Incoming>, Failed> {
        let request = request.map(|bytes| Once::new(bytes, self.progress.clone()));
        let mut answer = pin!(self.requests.try_send_request(request));
        let answer = match select(&mut answer, &mut self.background).await {
            Either::Left((answer, _)) => Some(answer),
            // It may have come in the last moment.
            Either::Right((_, answer)) => answer.now_or_never(),
        };
        match answer {
            Some(Ok(response)) => Ok(response),
            Some(Err(mut error)) => Err(match error.take_message() {
                Some(_) => Failed::Unwritten(Some(error.into_error())),
                None => Failed::Broken { error: error.into_error(), begun: self.progress.has_begun() },
            }),
            None => Err(Failed::Unwritten(None)),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.progress.abandon();
    }
}
