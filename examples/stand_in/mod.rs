//! A stand-in for Telegram's Bot API: a real HTTP server on the loopback that keeps Telegram's limits, for
//! demonstrations and tests that must not need a bot, a network, or somebody's patience.
//!
//! Here: how it is set up, started and stopped. It runs on smol's global executor, in the process that starts it.

// Included by path: a demonstration needs one part of it, a test another.
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

/// What the stand-in knows and allows.
pub(crate) struct Options {
    /// The one token that it accepts.
    pub(crate) token: String,
    pub(crate) limits: Limits,
    /// Chats whose user has blocked the bot.
    pub(crate) blocked: HashSet<String>,
    /// Chats that do not exist.
    pub(crate) not_found: HashSet<String>,
    /// Flood waits beyond the limits, as other traffic of the same bot causes them: once so many messages were
    /// accepted, nothing is taken for so long.
    pub(crate) floods: Vec<(usize, Duration)>,
    /// How long the answer to a message takes.
    pub(crate) latency: Duration,
}

impl Options {
    /// Telegram's limits, and every chat is there.
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
        // One future holds the listener and all connections: dropping it drops them at once, as a server that
        // dies does.
        let serving = smol::spawn(async move {
            let connections = listener.incoming().filter_map(async |stream| stream.ok());
            connections.for_each_concurrent(None, |stream| serve(stream, Arc::clone(&service))).await;
        });
        Ok(Self { address, board, serving })
    }

    /// What to give a client as the base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has received so far.
    pub(crate) fn tally(&self) -> Tally {
        self.board.tally()
    }

    /// How many messages it has accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.board.accepted()
    }

    /// Blocks the thread until the tally is as wanted, and gives it; `None` if that takes longer than `limit`.
    pub(crate) fn wait_until(&self, limit: Duration, wanted: impl Fn(&Tally) -> bool) -> Option<Tally> {
        self.board.wait_until(limit, wanted)
    }

    /// Stops like a server that dies: refuses connections, and cuts those that are open.
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
    // A client that hangs up is no concern of the server's.
    let _ = http1::Builder::new().serve_connection(FuturesIo::new(stream), answer).await;
}
