//! One connection: hyper's own, with a sign of its end.

use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;

use futures::channel::oneshot;
use futures::future::{Either, FutureExt as _, select};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Response};

use super::body::Once;

/// Requests go in here; what reads and writes runs in the background.
///
/// hyper passes requests on through a channel. One that gets in there just as the background ends is seen by nobody, and
/// waits for as long as its sender does. So the end of the background is watched beside the answer.
pub(super) struct Connection {
    requests: SendRequest<Once>,
    /// Fails when the background has ended.
    background: oneshot::Receiver<Infallible>,
}

/// Why there is no answer.
pub(super) enum Failed {
    /// The connection ended before a byte of the request was written.
    Unwritten(Option<hyper::Error>),
    /// The request may have been written, in part or whole.
    Broken(hyper::Error),
}

impl Connection {
    /// The connection whose requests `background` reads and writes, and that, to be run.
    pub(super) fn new(
        requests: SendRequest<Once>,
        background: impl Future<Output = ()>,
    ) -> (Self, impl Future<Output = ()>) {
        let (running, ended) = oneshot::channel();
        let background = async move {
            // Dropped after all that the background holds.
            let _running = running;
            background.await;
        };
        (Self { requests, background: ended }, background)
    }

    /// Waits until it takes a request. Tells whether it does: it may have been closed.
    pub(super) async fn ready(&mut self) -> bool {
        self.requests.ready().await.is_ok()
    }

    pub(super) async fn send(&mut self, request: Request<Once>) -> Result<Response<Incoming>, Failed> {
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
                None => Failed::Broken(error.into_error()),
            }),
            None => Err(Failed::Unwritten(None)),
        }
    }
}
