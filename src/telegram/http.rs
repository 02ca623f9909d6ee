//! POSTs JSON over kept HTTP/1.1 connections. It knows no runtime: the connector and the executor are given.
//!
//! hyper speaks HTTP and hyper-rustls puts TLS over any connector, so a runtime adds one small file: how to open a
//! TCP connection, and how to run a future in the background.
//!
//! The connections are kept here and not by hyper-util's client: that one takes an answered connection back from the
//! background some time after the answer is there, and so opens a second one, TLS and all, for a request that comes
//! at once, as a queue's next does. Here it is back when the answer is, and what is sent anew is in plain sight.

mod body;
mod connection;
mod dial;
mod failure;
mod idle;
#[cfg(feature = "smol")]
pub(super) mod smol;
pub(super) mod tls;
#[cfg(feature = "tokio")]
pub(super) mod tokio;

use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, Uri};

use self::body::{Once, Written};
use self::connection::{Connection, Failed};
pub(super) use self::dial::Dial;
pub use self::failure::ResolveError;
use self::idle::Idle;
use super::error::TelegramError;

/// The longest answer that is read. The Bot API's are some KiB.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// A client for one server.
pub(super) struct Http {
    dial: Dial,
    host: HeaderValue,
    idle: Idle<Connection>,
}

impl Http {
    /// `host` is what requests name as their host.
    pub(super) fn new(dial: Dial, host: HeaderValue) -> Self {
        Self { dial, host, idle: Idle::new() }
    }

    /// POSTs `json` to `path` and reads the whole answer: its status and its body.
    ///
    /// The connection is kept once its answer is read to the end. Dropped before, this future takes its connection
    /// with it: hyper closes one whose answer nobody waits for.
    pub(super) async fn post(&self, path: Uri, json: Vec<u8>) -> Result<(u16, Bytes), TelegramError> {
        let (connection, response) = self.send(&path, &json.into()).await?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER)
            .collect()
            .await
            .map_err(|error| failure::of_answer(&*error, status, LONGEST_ANSWER))?;
        self.idle.put(connection, Instant::now());
        Ok((status, body.to_bytes()))
    }

    /// Closes the idle connections.
    pub(super) fn close(&self) {
        self.idle.clear();
    }

    fn request(&self, path: &Uri, json: &Bytes) -> (Request<Once>, Written) {
        let (body, written) = Once::new(json.clone());
        let mut request = Request::post(path).body(body).expect("a path is all that can be wrong");
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let agent = concat!("telegram-sender/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        (request, written)
    }

    /// Sends a request over a kept connection or a new one, and waits for the head of its answer.
    async fn send(
        &self,
        path: &Uri,
        json: &Bytes,
    ) -> Result<(Connection, Response<Incoming>), TelegramError> {
        while let Some(mut connection) = self.idle.take(Instant::now()) {
            // The server may have closed it by now.
            if !connection.ready().await {
                continue;
            }
            let (request, written) = self.request(path, json);
            match connection.send(request).await {
                Ok(response) => return Ok((connection, response)),
                // It can go elsewhere. What was written even in part is never sent again.
                Err(Failed::Unwritten(_)) => {}
                Err(Failed::Broken(error)) => return Err(failure::of_request(&error, written.get())),
            }
        }
        let mut connection = self.dial.connect().await?;
        let (request, written) = self.request(path, json);
        match connection.send(request).await {
            Ok(response) => Ok((connection, response)),
            Err(Failed::Unwritten(None)) => {
                Err(TelegramError::Disconnected { sent: false, reason: "connection closed".to_owned() })
            }
            Err(Failed::Unwritten(Some(error)) | Failed::Broken(error)) => {
                Err(failure::of_request(&error, written.get()))
            }
        }
    }
}
