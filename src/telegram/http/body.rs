//! The body of a request, which tells whether hyper has begun to write it.

use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body of one piece.
pub(super) struct Once {
    bytes: Option<Bytes>,
    taken: Arc<AtomicBool>,
}

/// Whether the body was taken.
///
/// If not, at most the head of the request was written. A server can't act on that, as the head says that a body
/// follows: the request has not arrived. hyper's errors alone don't tell.
pub(super) struct Written(Arc<AtomicBool>);

impl Once {
    pub(super) fn new(bytes: Bytes) -> (Self, Written) {
        let taken = Arc::new(AtomicBool::new(false));
        (Self { bytes: Some(bytes), taken: taken.clone() }, Written(taken))
    }
}

impl Written {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    /// Exact, so that a `content-length` is sent.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
