//! A request's body that notes when hyper begins to write it.

use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::progress::Progress;

/// A body of one piece.
pub(super) struct Once {
    bytes: Option<Bytes>,
    progress: Arc<Progress>,
}

impl Once {
    /// Creates the body, and starts its request on the connection of `progress`.
    pub(super) fn new(bytes: Bytes, progress: Arc<Progress>) -> Self {
        progress.start();
        if bytes.is_empty() {
            // hyper does not poll an empty body: the request is complete with its head.
            progress.begin();
        }
        Self { bytes: Some(bytes), progress }
    }
}

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.progress.begin();
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    /// Returns the exact size, so that hyper sends a `content-length`.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;

    use super::*;

    #[test]
    fn a_body_begins_when_it_is_taken() {
        let progress = Arc::new(Progress::default());
        let mut body = Once::new(Bytes::from_static(b"{}"), progress.clone());
        assert!(!progress.has_begun() && !body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(2));
        let frame = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(frame, Poll::Ready(Some(Ok(frame))) if frame.is_data()));
        assert!(progress.has_begun() && body.is_end_stream());
    }

    #[test]
    fn a_request_without_a_body_may_arrive_with_its_head() {
        let progress = Arc::new(Progress::default());
        let _body = Once::new(Bytes::new(), progress.clone());
        assert!(progress.has_begun());
    }
}
