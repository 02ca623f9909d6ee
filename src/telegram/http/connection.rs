//! One connection: hyper's own, with a signal of its end. It lives no longer than its handle.

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

/// The handle of a connection, which takes requests. A future in the background reads and writes.
///
/// Dropping the handle ends the background future. That closes the socket and frees the request, however much of
/// it was written. hyper alone would go on to write a request whose answer no caller waits for. A background
/// future that is writing right now stops too: its stream sees in [`Progress`] that the request is abandoned.
///
/// hyper passes requests through a channel. A request that enters it just as the background future ends is never
/// read, and its answer never comes. So `send` also watches for the end of the background future.
pub(super) struct Connection {
    requests: SendRequest<Once>,
    progress: Arc<Progress>,
    /// Fails once the background future has ended.
    background: oneshot::Receiver<Infallible>,
    /// Ends the background future when dropped.
    _alive: oneshot::Sender<Infallible>,
}

/// The reason why there is no answer.
pub(super) enum Failed {
    /// The connection ended before a byte of the request was written.
    Unwritten(Option<hyper::Error>),
    /// The connection broke.
    Broken {
        error: hyper::Error,
        /// True if more than the head of the request may have been written.
        begun: bool,
    },
}

impl Connection {
    /// Returns the connection whose requests `background` reads and writes, and the future to run in the
    /// background. The stream of `background` must note its writes in `progress`.
    pub(super) fn new(
        requests: SendRequest<Once>,
        progress: Arc<Progress>,
        background: impl Future<Output = ()>,
    ) -> (Self, impl Future<Output = ()>) {
        let (running, ended) = oneshot::channel();
        let (alive, dropped) = oneshot::channel();
        let background = async move {
            // Dropped last, after all that `background` holds.
            let _running = running;
            select(dropped, pin!(background)).await;
        };
        (Self { requests, progress, background: ended, _alive: alive }, background)
    }

    /// Waits until the connection accepts a request. Returns false if it was closed.
    pub(super) async fn ready(&mut self) -> bool {
        self.requests.ready().await.is_ok()
    }

    /// Returns true if the last request was written to its end.
    ///
    /// A server may answer before it has read a whole request. The rest of it would then precede the next request.
    pub(super) fn is_reusable(&self) -> bool {
        self.progress.is_complete()
    }

    pub(super) async fn send(&mut self, request: Request<Bytes>) -> Result<Response<Incoming>, Failed> {
        let request = request.map(|bytes| Once::new(bytes, self.progress.clone()));
        let mut answer = pin!(self.requests.try_send_request(request));
        let answer = match select(&mut answer, &mut self.background).await {
            Either::Left((answer, _)) => Some(answer),
            // The answer may have come at the last moment.
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
