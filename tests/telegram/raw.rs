//! A server whose connections are served by a test's function, byte by byte.

use std::io::{self, Read as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use smol::channel::{Receiver, bounded};

use telegram_sender::telegram::MessageRequest;

/// More bytes than the system buffers for a peer that does not read.
pub(crate) const HUGE: usize = 16 * 1024 * 1024;

/// Returns a message of [`HUGE`] bytes.
pub(crate) fn huge() -> MessageRequest {
    MessageRequest::text(42, "x".repeat(HUGE)).unwrap()
}

/// A server for one run of a function.
pub(crate) struct Raw<T> {
    address: SocketAddr,
    /// The result of the function.
    pub(crate) outcome: Receiver<T>,
}

impl<T: Send + 'static> Raw<T> {
    pub(crate) fn start(serve: impl FnOnce(&TcpListener) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (done, outcome) = bounded(1);
        thread::spawn(move || {
            let _ = done.try_send(serve(&listener));
        });
        Self { address, outcome }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn tls_url(&self) -> String {
        format!("https://{}", self.address)
    }
}

/// An address that refuses connections.
///
/// It is a client's address, so no listener of another test can get it meanwhile.
pub(crate) struct Refusing {
    client: TcpStream,
    _listener: TcpListener,
}

impl Refusing {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { client: TcpStream::connect(listener.local_addr().unwrap()).unwrap(), _listener: listener }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.client.local_addr().unwrap()
    }
}

/// Accepts the next connection. Reading from it fails where a test would hang.
pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Reads the head of a request, and no byte of its body.
pub(crate) fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
}

/// Returns how many bytes come before the client closes the connection.
pub(crate) fn read_to_end(stream: &mut TcpStream) -> usize {
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return total,
            Ok(read) => total += read,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return total,
            Err(error) => panic!("the client does not close the connection: {error}"),
        }
    }
}
