//! A server that follows a script: one reply for each request, on as many connections as the client opens, one after
//! the other. It reports each request and each closed connection.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use smol::channel::{Receiver, Sender, unbounded};

/// A running server. Its thread ends with the script, or with the tests.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    /// Each request, once it was read.
    pub(crate) seen: Receiver<Seen>,
    /// The number of each connection, once the client has closed it too.
    pub(crate) closed: Receiver<usize>,
}

/// A request as it arrived.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The number of its connection, from 0.
    pub(crate) connection: usize,
    /// Method, path and version.
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// The answer to a request, and the step after it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    /// Reads the next request.
    Keep,
    /// Closes the connection.
    Close,
    /// Sends no more, and waits until the client closes the connection.
    Wait,
}

impl Reply {
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::Keep }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::body(status, "application/json", body.to_string())
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::body(status, "text/html", body)
    }

    fn body(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut body = body.into();
        let head = format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut bytes = head.into_bytes();
        bytes.append(&mut body);
        Self::raw(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn then_close(self) -> Self {
        Self { then: Then::Close, ..self }
    }

    pub(crate) fn then_wait(self) -> Self {
        Self { then: Then::Wait, ..self }
    }

    /// Creates a reply of nothing at all, for as long as the client waits.
    pub(crate) fn silence() -> Self {
        Self::raw("").then_wait()
    }
}

impl Server {
    /// Starts a plain HTTP server.
    pub(crate) fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::spawn("http", script, Ok)
    }

    /// Starts an HTTPS server.
    pub(crate) fn start_tls(config: ServerConfig, script: impl IntoIterator<Item = Reply>) -> Self {
        let config = Arc::new(config);
        Self::spawn("https", script, move |stream| {
            let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            Ok(StreamOwned::new(connection, stream))
        })
    }

    fn spawn<S: Read + Write>(
        scheme: &'static str,
        script: impl IntoIterator<Item = Reply>,
        wrap: impl Fn(TcpStream) -> io::Result<S> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let script: Vec<Reply> = script.into_iter().collect();
        let (see, seen) = unbounded();
        let (close, closed) = unbounded();
        thread::spawn(move || {
            let mut script = script.into_iter();
            for (connection, stream) in listener.incoming().enumerate() {
                let Ok(mut tcp) = stream else { return };
                tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                let then = tcp
                    .try_clone()
                    .and_then(&wrap)
                    .and_then(|stream| serve(stream, connection, &mut script, &see))
                    .unwrap_or(Then::Close);
                if then == Then::Close {
                    let _ = tcp.shutdown(Shutdown::Write);
                }
                // Reads to the client's end too: a close with bytes unread would reset the answer that is still on
                // its way.
                let _ = io::copy(&mut tcp, &mut io::sink());
                let _ = close.try_send(connection);
            }
        });
        Self { address, scheme, seen, closed }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the next request, which has arrived already.
    pub(crate) fn request(&self) -> Seen {
        self.seen.try_recv().unwrap()
    }
}

/// Serves one connection. Returns the step to end it with.
fn serve(
    stream: impl Read + Write,
    connection: usize,
    script: &mut impl Iterator<Item = Reply>,
    see: &Sender<Seen>,
) -> io::Result<Then> {
    /// The first byte of a TLS handshake.
    const HANDSHAKE: u8 = 0x16;
    let mut stream = BufReader::new(stream);
    if stream.fill_buf()?.first() == Some(&HANDSHAKE) {
        stream.get_mut().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nThis is not HTTPS.")?;
        return Ok(Then::Close);
    }
    while let Some(seen) = read_request(&mut stream, connection)? {
        let reply = script.next().unwrap_or_else(|| Reply::html(500, "not in the script").then_close());
        let _ = see.try_send(seen);
        stream.get_mut().write_all(&reply.bytes)?;
        stream.get_mut().flush()?;
        if reply.then != Then::Keep {
            return Ok(reply.then);
        }
    }
    Ok(Then::Close)
}

/// Reads the next request. Returns `None` if the client has closed the connection.
fn read_request(stream: &mut BufReader<impl Read>, connection: usize) -> io::Result<Option<Seen>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Some(Seen { connection, line: line.trim_end().to_owned(), headers, body }))
}
