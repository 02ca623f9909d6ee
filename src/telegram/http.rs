//! POSTs JSON over kept HTTP/1.1 connections. It names no runtime: the caller provides the connector and the
//! executor.
//!
//! hyper speaks HTTP and hyper-rustls puts TLS over any connector, so a runtime adds one small file: how to open a
//! TCP connection, and how to run a future in the background.
//!
//! This module keeps the connections itself. hyper-util's client takes a connection back in the background, some
//! time after its answer is there. A request that follows at once, as a queue's next one does, would open a second
//! connection, TLS included. Here the connection is back with the answer, and the code shows when a request is
//! sent again.

mod answer;
mod body;
mod connection;
mod dial;
mod failure;
mod gzip;
mod idle;
mod progress;
#[cfg(feature = "smol")]
pub(super) mod smol;
mod stream;
pub(super) mod tls;
#[cfg(feature = "tokio")]
pub(super) mod tokio;

use std::time::Instant;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, Uri};

pub(super) use self::answer::Answer;
use self::connection::{Connection, Failed};
pub(super) use self::dial::Dial;
pub use self::failure::ResolveError;
use self::idle::Idle;
use super::error::TelegramError;
use crate::sender::Delivery;

/// A client for one server.
pub(super) struct Http {
    dial: Dial,
    host: HeaderValue,
    idle: Idle<Connection>,
}

impl Http {
    /// Creates a client whose requests name `host` as their host.
    pub(super) fn new(dial: Dial, host: HeaderValue) -> Self {
        Self { dial, host, idle: Idle::new() }
    }

    /// POSTs `json` to `path` and reads as much of the answer as arrives. Begins `delivery` right before any part
    /// of the request can be written.
    ///
    /// Keeps the connection once its request is written and its answer is read, each to the end. Dropping this
    /// future before that closes its connection.
    pub(super) async fn post(
        &self,
        path: Uri,
        json: Vec<u8>,
        delivery: &Delivery,
    ) -> Result<Answer, TelegramError> {
        let (connection, response) = self.send(&path, &json.into(), delivery).await?;
        let answer = Answer::read(response).await;
        if answer.cut.is_none() && connection.is_reusable() {
            self.idle.put(connection, Instant::now());
        }
        Ok(answer)
    }

    /// Closes the idle connections.
    pub(super) fn close(&self) {
        self.idle.clear();
    }

    fn request(&self, path: &Uri, json: &Bytes) -> Request<Bytes> {
        let mut request = Request::post(path).body(json.clone()).expect("a path is all that can be wrong");
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Without this header, the server may choose any coding.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let agent = concat!("telegram-sender/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        request
    }

    /// Sends a request over a kept connection or a new one, and waits for the head of its answer.
    async fn send(
        &self,
        path: &Uri,
        json: &Bytes,
        delivery: &Delivery,
    ) -> Result<(Connection, Response<Incoming>), TelegramError> {
        while let Some(mut connection) = self.idle.take(Instant::now()) {
            // The server may have closed the connection by now.
            if !connection.ready().await {
                continue;
            }
            delivery.begin();
            match connection.send(self.request(path, json)).await {
                Ok(response) => return Ok((connection, response)),
                // Tries another connection. A request that was written even in part is never sent again. The
                // delivery stays begun while the next connection opens: that errs on the safe side, and is rare,
                // as this one was just ready.
                Err(Failed::Unwritten(_)) => {}
                Err(Failed::Broken { error, begun }) => return Err(failure::of_request(&error, begun)),
            }
        }
        let mut connection = self.dial.connect().await?;
        delivery.begin();
        match connection.send(self.request(path, json)).await {
            Ok(response) => Ok((connection, response)),
            Err(Failed::Unwritten(None)) => {
                Err(TelegramError::Disconnected { sent: false, reason: "connection closed".to_owned() })
            }
            Err(Failed::Unwritten(Some(error))) => Err(failure::of_request(&error, false)),
            Err(Failed::Broken { error, begun }) => Err(failure::of_request(&error, begun)),
        }
    }
}
