//! The serial port: frames to and from its other end.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smol::net::TcpStream;
use smol::net::unix::UnixStream;

use crate::link::{Frames, LONGEST_FRAME, ToChip, ToGateway, decode, encode};

/// The address of a serial port.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    Unix(PathBuf),
    Tcp(String),
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.split_once(':') {
            Some(("unix", path)) => Ok(Self::Unix(path.into())),
            Some(("tcp", address)) => Ok(Self::Tcp(address.to_owned())),
            _ => Err("it must be unix:PATH or tcp:HOST:PORT"),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An open serial port.
pub(crate) struct Port {
    stream: Box<dyn Stream>,
    checked: bool,
    frames: Frames,
    /// The bytes last read from the stream. Those from `taken` on are not in `frames` yet.
    read: Vec<u8>,
    taken: usize,
}

impl Port {
    /// Opens the port. Unless `checked`, it accepts frames with any CRC.
    pub(crate) async fn open(address: &Address, checked: bool) -> io::Result<Self> {
        let stream: Box<dyn Stream> = match address {
            Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
            Address::Tcp(address) => Box::new(TcpStream::connect(address).await?),
        };
        Ok(Self { stream, checked, frames: Frames::new(), read: Vec::new(), taken: 0 })
    }

    /// Waits for the next whole frame. Returns `None` if the other end is gone. Dropping the future loses nothing.
    pub(crate) async fn hear(&mut self) -> io::Result<Option<ToGateway>> {
        loop {
            while let Some(byte) = self.read.get(self.taken) {
                self.taken += 1;
                let Some(frame) = self.frames.push(*byte) else { continue };
                let heard = if self.checked { decode(frame) } else { decode_unchecked(frame) };
                if heard.is_some() {
                    return Ok(heard);
                }
            }
            let mut buffer = [0; 1024];
            let len = match self.stream.read(&mut buffer).await {
                Err(error) if hung_up(&error) => 0,
                read => read?,
            };
            if len == 0 {
                return Ok(None);
            }
            self.read = buffer[..len].to_vec();
            self.taken = 0;
        }
    }

    /// Sends `frame`. Does nothing if the other end is gone, which [`hear`](Self::hear) reports.
    pub(crate) async fn say(&mut self, frame: ToChip) -> io::Result<()> {
        let mut buffer = [0; LONGEST_FRAME];
        let bytes = encode(&frame, &mut buffer).ok_or(io::ErrorKind::InvalidInput)?;
        match self.stream.write_all(bytes).await {
            Err(error) if hung_up(&error) => Ok(()),
            written => written,
        }
    }
}

fn hung_up(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

/// Decodes like [`decode`], but ignores the CRC.
fn decode_unchecked(frame: &mut [u8]) -> Option<ToGateway> {
    let len = cobs::decode_in_place(frame).ok()?;
    postcard::from_bytes(frame.get(..len)?).ok()
}
