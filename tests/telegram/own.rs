//! A user's own runtime, as [`build_with`](telegram_sender::telegram::TelegramSenderBuilder::build_with) takes it: a
//! thread for each future, and connections in memory that the test controls.

use std::future::{pending, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;

use hyper::Uri;
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use smol::channel::{Receiver, Sender, bounded};
use tower_service::Service;

use super::server::Reply;

#[derive(Clone)]
pub(crate) struct Threads;

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Threads {
    fn execute(&self, future: F) {
        thread::spawn(|| smol::block_on(future));
    }
}

/// An executor that the test runs on one thread.
#[derive(Clone)]
pub(crate) struct SameThread(pub(crate) Arc<smol::Executor<'static>>);

impl<F: Future<Output: Send + 'static> + Send + 'static> Executor<F> for SameThread {
    fn execute(&self, future: F) {
        self.0.spawn(future).detach();
    }
}

/// Makes each connection with a function of its number, from 0.
#[derive(Clone)]
pub(crate) struct Connector {
    make: Arc<dyn Fn(usize) -> io::Result<Fake> + Send + Sync>,
    connects: Arc<AtomicUsize>,
    at_most: usize,
}

impl Connector {
    pub(crate) fn new(make: impl Fn(usize) -> io::Result<Fake> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make), connects: Arc::default(), at_most: usize::MAX }
    }

    /// Makes all connects after this many hang.
    pub(crate) fn at_most(self, at_most: usize) -> Self {
        Self { at_most, ..self }
    }

    /// Returns how many connects have begun.
    pub(crate) fn connects(&self) -> usize {
        self.connects.load(Ordering::SeqCst)
    }
}

impl Service<Uri> for Connector {
    type Response = Fake;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Fake>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        assert_eq!(url.path(), "/", "a connector has no need for the path");
        let connect = self.connects.fetch_add(1, Ordering::SeqCst);
        if connect < self.at_most { Box::pin(ready((self.make)(connect))) } else { Box::pin(pending()) }
    }
}

/// A connection in memory.
pub(crate) struct Fake {
    /// The unread rest of the reply. It can be read once something was written.
    reply: Vec<u8>,
    takes_bytes: bool,
    written: bool,
    /// True if the other side is gone.
    ended: Arc<AtomicBool>,
    /// Dropped with the connection.
    _open: Option<Sender<()>>,
}

impl Fake {
    /// Creates a connection that is at its end from the start, and takes no byte.
    pub(crate) fn dead() -> Self {
        Self { ended: Arc::new(AtomicBool::new(true)), ..Self::stuck().0 }
    }

    /// Creates a connection that is not at its end, and takes no byte. The receiver fails when the connection is
    /// dropped.
    pub(crate) fn stuck() -> (Self, Receiver<()>) {
        let (open, dropped) = bounded(1);
        let fake = Self {
            reply: Vec::new(),
            takes_bytes: false,
            written: false,
            ended: Arc::default(),
            _open: Some(open),
        };
        (fake, dropped)
    }

    /// Creates a connection that answers the first write with this reply, and is at its end when `ended` is set. It
    /// wakes no task then, like a connection whose close has not been noticed yet.
    pub(crate) fn answering(reply: &Reply, ended: Arc<AtomicBool>) -> Self {
        Self { reply: reply.bytes().to_vec(), takes_bytes: true, written: false, ended, _open: None }
    }
}

impl Connection for Fake {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Fake {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.written && !self.reply.is_empty() {
            let fits = self.reply.len().min(buffer.remaining());
            let rest = self.reply.split_off(fits);
            buffer.put_slice(&std::mem::replace(&mut self.reply, rest));
            return Poll::Ready(Ok(()));
        }
        if self.ended.load(Ordering::SeqCst) { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl Write for Fake {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.takes_bytes {
            return Poll::Pending;
        }
        self.written = true;
        // There is a reply to read now.
        cx.waker().wake_by_ref();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
