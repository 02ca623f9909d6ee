//! What tokio adds: the connector of hyper-util, with a resolver whose failures can be told from those to
//! connect. hyper-util's `TokioExecutor` fits as it is.

use core::task::{Context, Poll};
use std::io;

use futures::future::{MapErr, TryFutureExt as _};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiFuture, GaiResolver, Name};
use tower_service::Service;

use super::ResolveError;

/// Opens TCP connections.
pub(in crate::telegram) fn connector() -> HttpConnector<Resolver> {
    let mut connector = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    // It would refuse `https`; TLS is put over it elsewhere.
    connector.enforce_http(false);
    // Each request is written at once and waits for its answer: nothing is gained by holding back.
    connector.set_nodelay(true);
    connector
}

/// The system's resolver. hyper-util wraps its error and that of a connect in one type, which is private.
#[derive(Debug, Clone)]
pub(in crate::telegram) struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = ResolveError;
    type Future = MapErr<GaiFuture, fn(io::Error) -> ResolveError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ResolveError>> {
        self.0.poll_ready(cx).map_err(ResolveError::new)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        self.0.call(name).map_err(ResolveError::new)
    }
}
