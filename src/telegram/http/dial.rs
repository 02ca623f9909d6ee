//! Opens connections to one server: TCP by the runtime's connector, TLS if the URL says so, HTTP over that.

use core::future::Future;
use core::pin::Pin;
use std::error::Error;
use std::sync::Arc;

use futures::future::FutureExt as _;
use hyper::Uri;
use hyper::client::conn::http1;
use hyper::rt::{Executor, Read, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::Connection as Connected;
use tower_service::Service;

use super::connection::Connection;
use super::failure;
use super::progress::Progress;
use super::stream::Watched;
use crate::telegram::error::TelegramError;

/// A hyper executor that runs connections in the background, on any thread.
pub(in crate::telegram) trait Run: Executor<Background> + Send + Sync + 'static {}

impl<E: Executor<Background> + Send + Sync + 'static> Run for E {}

type Background = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connector for hyper-rustls: it opens a TCP connection to the host and port of a URL.
pub(in crate::telegram) trait Connect:
    Service<
        Uri,
        Response: Connected + Read + Write + Send + Unpin + 'static,
        Future: Send + 'static,
        Error: Into<Box<dyn Error + Send + Sync>>,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<C> Connect for C where
    C: Service<
            Uri,
            Response: Connected + Read + Write + Send + Unpin + 'static,
            Future: Send + 'static,
            Error: Into<Box<dyn Error + Send + Sync>>,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

type Connecting = Pin<Box<dyn Future<Output = Result<Connection, TelegramError>> + Send>>;

/// A dialer of one server, with the connector's type erased, so that the sender is one type on all runtimes. The
/// dynamic call costs nothing compared to opening a connection.
pub struct Dial(Box<dyn Fn() -> Connecting + Send + Sync>);

impl Dial {
    /// Creates a dialer of the server at `origin`, a URL without a path.
    pub(in crate::telegram) fn new<C: Connect, E: Run + Clone>(
        connector: C,
        executor: E,
        tls: rustls::ClientConfig,
        origin: Uri,
    ) -> Self {
        let connector = HttpsConnector::from((connector, tls));
        Self(Box::new(move || Box::pin(connect(connector.clone(), executor.clone(), origin.clone()))))
    }

    pub(super) async fn connect(&self) -> Result<Connection, TelegramError> {
        (self.0)().await
    }
}

async fn connect<C: Connect, E: Run>(
    mut connector: HttpsConnector<C>,
    executor: E,
    origin: Uri,
) -> Result<Connection, TelegramError> {
    core::future::poll_fn(|cx| connector.poll_ready(cx))
        .await
        .map_err(|error| failure::of_connect(&*error))?;
    let stream = connector.call(origin).await.map_err(|error| failure::of_connect(&*error))?;
    let progress = Arc::new(Progress::default());
    let stream = Watched::new(stream, progress.clone());
    let (requests, background) =
        http1::handshake(stream).await.map_err(|error| failure::of_request(&error, false))?;
    // Its errors also reach the future that waits for an answer, so they can be dropped.
    let (connection, background) = Connection::new(requests, progress, background.map(drop));
    executor.execute(Box::pin(background));
    Ok(connection)
}
