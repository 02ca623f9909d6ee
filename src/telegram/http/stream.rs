//! The stream of a connection, as hyper sees it. It notes when a request is written, stops when the send is
//! dropped, and lets hyper read an answer that came before a write failed.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;

use hyper::rt::{Read, ReadBufCursor, Write};

use super::progress::Progress;

/// The most bytes that are written at once. The system takes any amount while the server reads as fast as the
/// client writes, and a write that has begun cannot be stopped when its send is dropped.
const AT_ONCE: usize = 64 * 1024;

/// A stream that notes its writes.
///
/// A server may refuse a request before it has read all of it, with a 413 for example, and close the connection.
/// The next write then fails while the answer is still unread, and hyper would give up at once. So writes to a
/// closed connection are discarded, and the next read returns the answer or the error.
pub(super) struct Watched<T> {
    stream: T,
    progress: Arc<Progress>,
    /// True if a write has shown that the server closed the connection.
    closed: bool,
}

impl<T> Watched<T> {
    pub(super) fn new(stream: T, progress: Arc<Progress>) -> Self {
        Self { stream, progress, closed: false }
    }

    /// Runs `write`, unless the connection is abandoned. Returns `swallowed` if the server has closed it.
    fn write<R>(
        &mut self,
        cx: &mut Context<'_>,
        swallowed: R,
        write: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if self.progress.is_abandoned() {
            return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
        }
        if !self.closed {
            let written = write(&mut self.stream, cx);
            let Poll::Ready(Err(error)) = &written else { return written };
            if !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) {
                return written;
            }
            self.closed = true;
            // hyper reads when it is polled again.
            cx.waker().wake_by_ref();
        }
        Poll::Ready(Ok(swallowed))
    }
}

impl<T: Read + Unpin> Read for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: Write + Unpin> Write for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let some = &bytes[..bytes.len().min(AT_ONCE)];
        self.write(cx, bytes.len(), |stream, cx| Pin::new(stream).poll_write(cx, some))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = slices.iter().map(|slice| slice.len()).sum();
        if bytes > AT_ONCE {
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
            return self.poll_write(cx, first);
        }
        self.write(cx, bytes, |stream, cx| Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.write(cx, (), |stream, cx| Pin::new(stream).poll_flush(cx));
        if matches!(flushed, Poll::Ready(Ok(()))) && !self.closed {
            self.progress.flush();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;

    use super::*;

    /// Accepts all writes, or fails them with this kind of error.
    struct Peer(Option<ErrorKind>);

    impl Peer {
        fn write(&self, bytes: usize) -> Poll<io::Result<usize>> {
            Poll::Ready(self.0.map_or(Ok(bytes), |kind| Err(kind.into())))
        }
    }

    impl Write for Peer {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.write(bytes.len())
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.write(slices.iter().map(|slice| slice.len()).sum())
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.write(0).map_ok(drop)
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Writes buffers of these lengths, then flushes. Returns both results.
    fn write(
        peer: Peer,
        progress: &Arc<Progress>,
        lengths: &[usize],
    ) -> (Result<usize, ErrorKind>, Result<(), ErrorKind>) {
        fn now<T>(poll: Poll<io::Result<T>>) -> Result<T, ErrorKind> {
            let Poll::Ready(result) = poll else { panic!("not ready") };
            result.map_err(|error| error.kind())
        }
        let zeroes = vec![0; lengths.iter().copied().max().unwrap()];
        let slices: Vec<_> = lengths.iter().map(|&length| IoSlice::new(&zeroes[..length])).collect();
        let mut stream = Watched::new(peer, progress.clone());
        let mut cx = Context::from_waker(Waker::noop());
        let written = match slices[..] {
            [ref one] => Pin::new(&mut stream).poll_write(&mut cx, one),
            ref many => Pin::new(&mut stream).poll_write_vectored(&mut cx, many),
        };
        (now(written), now(Pin::new(&mut stream).poll_flush(&mut cx)))
    }

    fn begun() -> Arc<Progress> {
        let progress = Arc::new(Progress::default());
        progress.begin();
        progress
    }

    #[test]
    fn what_is_flushed_is_complete() {
        for lengths in [&[7][..], &[3, 4], &[AT_ONCE], &[1, AT_ONCE - 1]] {
            let progress = begun();
            let all = lengths.iter().sum();
            assert_eq!(write(Peer(None), &progress, lengths), (Ok(all), Ok(())));
            assert!(progress.is_complete());
        }
    }

    #[test]
    fn little_is_written_at_once() {
        for (lengths, written) in
            [(&[AT_ONCE + 1][..], AT_ONCE), (&[0, 9, AT_ONCE], 9), (&[AT_ONCE + 1, 1], AT_ONCE)]
        {
            assert_eq!(write(Peer(None), &begun(), lengths).0, Ok(written));
        }
    }

    #[test]
    fn an_abandoned_stream_writes_nothing() {
        let progress = begun();
        progress.abandon();
        let aborted = ErrorKind::ConnectionAborted;
        for lengths in [&[7][..], &[3, 4]] {
            assert_eq!(write(Peer(None), &progress, lengths), (Err(aborted), Err(aborted)));
        }
        assert!(!progress.is_complete());
    }

    #[test]
    fn what_a_closed_connection_does_not_take_is_swallowed_and_not_complete() {
        for closed in [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset] {
            for lengths in [&[AT_ONCE + 1][..], &[3, 4]] {
                let progress = begun();
                let all = lengths.iter().sum();
                assert_eq!(write(Peer(Some(closed)), &progress, lengths), (Ok(all), Ok(())));
                assert!(!progress.is_complete());
            }
        }
    }

    #[test]
    fn other_failures_are_failures() {
        let failed = ErrorKind::OutOfMemory;
        let progress = begun();
        assert_eq!(write(Peer(Some(failed)), &progress, &[7]), (Err(failed), Err(failed)));
        assert!(!progress.is_complete());
    }
}
