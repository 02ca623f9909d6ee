//! The smol backend: TCP connections, and smol's global executor.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::error::Error;
use std::io;
use std::net::SocketAddr;

use ::smol::Timer;
use ::smol::net::{TcpStream, resolve};
use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt as _};
use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use smol_hyper::rt::FuturesIo;
use tower_service::Service;

use super::ResolveError;

/// The time before the next address is tried in parallel (RFC 8305). A host with broken IPv6 must not wait minutes
/// to find that out.
const HEAD_START: Duration = Duration::from_millis(250);

/// Runs hyper's connections on smol's global executor.
#[derive(Debug, Clone, Copy)]
pub(in crate::telegram) struct Global;

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Global {
    fn execute(&self, future: F) {
        ::smol::spawn(future).detach();
    }
}

/// Opens TCP connections.
#[derive(Debug, Clone, Copy)]
pub(in crate::telegram) struct Connector;

type Failure = Box<dyn Error + Send + Sync>;

impl Service<Uri> for Connector {
    type Response = Tcp;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Tcp, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        Box::pin(async move {
            let port = url.port_u16().unwrap_or(if url.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 });
            // A URL has an IPv6 address in brackets.
            let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
            let addresses = resolve((host, port)).await.map_err(ResolveError::new)?;
            let stream = first_to_connect(addresses).await?;
            // Each request is written at once and then waits for its answer, so a delay to collect bytes gains
            // nothing.
            stream.set_nodelay(true)?;
            Ok(Tcp(FuturesIo::new(stream)))
        })
    }
}

/// Tries the addresses in their order, each one when the one before it failed or took too long. Returns the first
/// stream that connects.
async fn first_to_connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut rest = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    loop {
        attempts.extend(rest.next().map(TcpStream::connect));
        let head_start = if rest.len() == 0 { Timer::never() } else { Timer::after(HEAD_START) };
        match select(attempts.next(), head_start).await {
            Either::Left((Some(Ok(stream)), _)) => return Ok(stream),
            Either::Left((Some(Err(error)), _)) => failure = error,
            Either::Left((None, _)) => return Err(failure),
            Either::Right(_) => {}
        }
    }
}

/// smol's stream in hyper's terms.
pub(in crate::telegram) struct Tcp(FuturesIo<TcpStream>);

impl Connection for Tcp {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Tcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_first_address_that_answers_wins() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listening = listener.local_addr().unwrap();
        let refusing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        ::smol::block_on(async {
            let stream = first_to_connect(vec![refusing, listening, refusing]).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), listening);
            let error = first_to_connect(vec![refusing, refusing]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
            assert_eq!(first_to_connect(vec![]).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        });
    }
}
