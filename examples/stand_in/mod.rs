//! A stand-in for Telegram's Bot API: a real HTTP server on the loopback that keeps Telegram's limits. It is for
//! demonstrations and tests that must not need a bot, a network, or patience.
//!
//! This file sets it up, starts and stops it. It runs on smol's global executor, in the process that starts it.

// The file is included by path: a demonstration needs one part of it, a test another.
#![allow(dead_code)]

mod api;
mod limits;
mod tally;

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use smol::Task;
use smol::net::{TcpListener, TcpStream};
use smol_hyper::rt::FuturesIo;

pub(crate) use self::limits::Limits;
use self::tally::Board;
pub(crate) use self::tally::Tally;

/// The data and the limits of the stand-in.
pub(crate) struct Options {
    /// The one token that it accepts.
    pub(crate) token: String,
    pub(crate) limits: Limits,
    /// Chats whose user has blocked the bot.
    pub(crate) blocked: HashSet<String>,
    /// Chats that do not exist.
    pub(crate) not_found: HashSet<String>,
    /// Flood waits beyond the limits, as other traffic of the same bot causes them: after this number of accepted
    /// messages, nothing is accepted for this time.
    pub(crate) floods: Vec<(usize, Duration)>,
    /// The time that the answer to a message takes.
    pub(crate) latency: Duration,
}

impl Options {
    /// Returns options with Telegram's limits, and without chats that are blocked or missing.
    pub(crate) fn new(token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            limits: Limits::telegram(),
            blocked: HashSet::new(),
            not_found: HashSet::new(),
            floods: Vec::new(),
            latency: Duration::ZERO,
        }
    }
}

/// A running stand-in. It stops when it is dropped.
pub(crate) struct StandIn {
    address: SocketAddr,
    board: Arc<Board>,
    serving: Task<()>,
}

impl StandIn {
    /// Listens on a free port of the loopback and serves.
    pub(crate) async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let board = Arc::new(Board::default());
        let service = Arc::new(api::Service::new(options, Arc::clone(&board)));
        // One future holds the listener and all connections: dropping it drops them at once, like a server that dies.
        let serving = smol::spawn(async move {
            let connections = listener.incoming().filter_map(async |stream| stream.ok());
            connections.for_each_concurrent(None, |stream| serve(stream, Arc::clone(&service))).await;
        });
        Ok(Self { address, board, serving })
    }

    /// Returns the base URL for clients.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the tally so far.
    pub(crate) fn tally(&self) -> Tally {
        self.board.tally()
    }

    /// Returns the number of messages accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.board.accepted()
    }

    /// Blocks the thread until the tally is as wanted, and returns it. Returns `None` if that takes longer than
    /// `limit`.
    pub(crate) fn wait_until(&self, limit: Duration, wanted: impl Fn(&Tally) -> bool) -> Option<Tally> {
        self.board.wait_until(limit, wanted)
    }

    /// Stops like a server that dies: refuses connections, and cuts the open ones. Returns the tally.
    pub(crate) async fn stop(self) -> Tally {
        self.serving.cancel().await;
        self.board.tally()
    }
}

async fn serve(stream: TcpStream, service: Arc<api::Service>) {
    let answer = service_fn(|request| {
        let service = Arc::clone(&service);
        async move { service.answer(request).await }
    });
    // A client that hangs up is no failure of the server.
    let _ = http1::Builder::new().serve_connection(FuturesIo::new(stream), answer).await;
}
