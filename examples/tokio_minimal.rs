//! A minimal program on tokio: a sender that makes a call over TCP, a timeout, a retry.
//!
//! ```text
//! cargo run --example tokio_minimal --features tokio
//! ```

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use telegram_sender::{MessageResponse, MessageSender, Retry, SenderRunner, Timeout, Tokio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Sends a line to a server, and returns its answer.
struct Line(SocketAddr);

impl MessageSender for Line {
    type Request = &'static str;
    type Message = String;
    /// This server rejects nothing.
    type Rejection = std::convert::Infallible;
    type Error = io::Error;

    async fn send_message(&self, line: &&'static str) -> Result<MessageResponse<Self>, io::Error> {
        let mut stream = TcpStream::connect(self.0).await?;
        stream.write_all(line.as_bytes()).await?;
        stream.shutdown().await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(Ok(answer))
    }

    fn may_have_arrived(error: &io::Error) -> bool {
        error.kind() != io::ErrorKind::ConnectionRefused
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(echo(listener));

    let runner = SenderRunner::builder(Line(address))
        .strategy(Timeout::new(Duration::from_secs(5))?)
        .strategy(Retry::new(3, Duration::from_millis(100)))
        .prepare(Tokio)
        .start(Tokio)
        .await?;
    for line in ["hello", "world"] {
        println!("{}", runner.request(line).await?.await?);
    }
    runner.close().await;
    Ok(())
}

async fn echo(listener: TcpListener) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        let (mut reader, mut writer) = stream.split();
        tokio::io::copy(&mut reader, &mut writer).await?;
    }
}
