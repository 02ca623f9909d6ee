//! A pool of HTTP/1.1 connections that POSTs JSON. It knows no runtime: the connector and the executor are given.
//!
//! hyper-util's client keeps the pool and hyper-rustls puts TLS over any connector, so a runtime adds one small
//! file: how to open a TCP connection, and how to run a future in the background.

mod body;
mod failure;
#[cfg(feature = "smol")]
pub(super) mod smol;
pub(super) mod tls;

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::rt::{Executor, Read, Write};
use hyper::{Request, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::Connection;
use hyper_util::client::legacy::{Client, ResponseFuture};
use tower_service::Service;

use self::body::Once;
pub use self::failure::ResolveError;
use super::error::TelegramError;

/// What hyper gives to its executor.
type Background = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The pool, with its connector's type forgotten: one call through a pointer is nothing beside a request.
type Pool = Arc<dyn Fn(Request<Once>) -> ResponseFuture + Send + Sync>;

/// The longest answer that is read. The Bot API's are some KiB.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// A connection that was idle for longer is not used again: servers close theirs after 60 s or more, and one that is
/// closed while a request is on its way leaves open whether that arrived. It is looked at when a connection is taken,
/// so it needs no timer, and so no runtime.
const LONGEST_IDLE: Duration = Duration::from_secs(50);

pub(super) struct Http {
    new_pool: Box<dyn Fn() -> Pool + Send + Sync>,
    /// Made on first use, gone when closed.
    pool: Mutex<Option<Pool>>,
}

impl Http {
    pub(super) fn new<C, E>(connector: C, executor: E, tls: rustls::ClientConfig) -> Self
    where
        C: Service<Uri> + Clone + Send + Sync + 'static,
        C::Response: Connection + Read + Write + Send + Unpin + 'static,
        C::Future: Send + 'static,
        C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        E: Executor<Background> + Clone + Send + Sync + 'static,
    {
        let connector = HttpsConnector::from((connector, tls));
        let new_pool = move || -> Pool {
            let client = Client::builder(executor.clone())
                .pool_idle_timeout(LONGEST_IDLE)
                // Sends a request anew only when its kept connection turned out to be closed before the first byte
                // was written; hyper hands the request back then. What was written even in part is never sent twice.
                .retry_canceled_requests(true)
                .build(connector.clone());
            Arc::new(move |request| client.request(request))
        };
        Self { new_pool: Box::new(new_pool), pool: Mutex::new(None) }
    }

    /// POSTs `json` to `url` and reads the whole answer: its status and its body.
    ///
    /// Dropped before its end, it takes its connection with it: hyper closes one whose answer nobody waits for.
    pub(super) async fn post(&self, url: Uri, json: Vec<u8>) -> Result<(u16, Bytes), TelegramError> {
        let (body, written) = Once::new(json.into());
        let mut request = Request::post(url).body(body).expect("a URL is all that can be wrong");
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("telegram-sender/", env!("CARGO_PKG_VERSION"))),
        );

        let pool = self.pool();
        let response = pool(request).await.map_err(|error| failure::of_request(&error, written.get()))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER)
            .collect()
            .await
            .map_err(|error| failure::of_answer(&*error, status, LONGEST_ANSWER))?;
        Ok((status, body.to_bytes()))
    }

    /// Closes the connections that are idle; those in use close when their answer is there.
    pub(super) fn close(&self) {
        self.lock().take();
    }

    fn pool(&self) -> Pool {
        self.lock().get_or_insert_with(|| (self.new_pool)()).clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Pool>> {
        // Nothing can be half done under this lock.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
