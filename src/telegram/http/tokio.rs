//! The tokio backend: the connector of hyper-util, with a resolver whose errors are distinct from connect errors.
//! hyper-util's `TokioExecutor` fits as it is.

use core::task::{Context, Poll};
use std::io;

use futures::future::{MapErr, TryFutureExt as _};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiFuture, GaiResolver, Name};
use tower_service::Service;

use super::ResolveError;

/// Creates a connector that opens TCP connections.
pub(in crate::telegram) fn connector() -> HttpConnector<Resolver> {
    let mut connector = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    // By default it refuses `https`. TLS is added elsewhere.
    connector.enforce_http(false);
    // Each request is written at once and then waits for its answer, so a delay to collect bytes gains nothing.
    connector.set_nodelay(true);
    connector
}

/// The system's resolver, with its own error type. hyper-util wraps resolve and connect errors in one private
/// type.
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
