//! The line between the chip's serial port and the gateway. It reads the frames of both, and adds faults.

use std::io;
use std::path::Path;

use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smol::future::or;
use smol::net::unix::{UnixListener, UnixStream};

use super::chaos::Trigger;
use super::faults::Faults;
use super::ledger::Ledger;
use super::machine::{CHIP_SOCKET, GATEWAY_SOCKET};
use crate::cli::DemoArgs;
use crate::link::{DELIMITER, ToChip, ToGateway, decode};
use crate::stand_in::StandIn;

pub(super) struct Line<'a> {
    chip: UnixListener,
    gateway: UnixListener,
    pub(super) to_gateway: Direction,
    pub(super) to_chip: Direction,
    ledger: &'a Ledger,
    stand_in: &'a StandIn,
    trigger: Trigger,
}

/// One direction: its faults, and the bytes of a frame whose end has not arrived yet.
pub(super) struct Direction {
    pub(super) faults: Faults,
    begun: Vec<u8>,
}

impl<'a> Line<'a> {
    pub(super) fn listen(
        folder: &Path,
        args: &DemoArgs,
        ledger: &'a Ledger,
        stand_in: &'a StandIn,
        trigger: Trigger,
    ) -> io::Result<Self> {
        let direction =
            |salt| Direction { faults: Faults::new(args.faults, args.seed ^ salt), begun: Vec::new() };
        Ok(Self {
            chip: UnixListener::bind(folder.join(CHIP_SOCKET))?,
            gateway: UnixListener::bind(folder.join(GATEWAY_SOCKET))?,
            to_gateway: direction(1 << 32),
            to_chip: direction(1 << 33),
            ledger,
            stand_in,
            trigger,
        })
    }

    /// Connects the chip with one gateway after another.
    pub(super) async fn carry(&mut self) -> io::Result<()> {
        let (chip, _) = self.chip.accept().await?;
        loop {
            let (gateway, _) = self.gateway.accept().await?;
            // A killed process may hang up with any error.
            let _ = self.connect(&chip, &gateway).await;
            self.to_chip.begun.clear();
        }
    }

    async fn connect(&mut self, chip: &UnixStream, gateway: &UnixStream) -> io::Result<()> {
        let (ledger, stand_in, trigger) = (self.ledger, self.stand_in, &mut self.trigger);
        let to_gateway = self.to_gateway.carry(chip.clone(), gateway.clone(), |frame| {
            if let Some(ToGateway::Send { number, .. }) = decode(frame) {
                trigger.reached(number);
            }
        });
        let to_chip = self.to_chip.carry(gateway.clone(), chip.clone(), |frame| {
            if let Some(ToChip::Answer { number, outcome, .. }) = decode(frame) {
                ledger.acknowledged(number, outcome, stand_in.accepted());
            }
        });
        or(to_gateway, to_chip).await
    }
}

impl Direction {
    async fn carry(
        &mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        mut heard: impl FnMut(&mut [u8]),
    ) -> io::Result<()> {
        let mut buffer = [0; 1024];
        loop {
            let len = from.read(&mut buffer).await?;
            if len == 0 {
                return Ok(());
            }
            let mut wire = Vec::new();
            for byte in &buffer[..len] {
                if *byte != DELIMITER {
                    self.begun.push(*byte);
                } else if !self.begun.is_empty() {
                    let frame = std::mem::take(&mut self.begun);
                    heard(&mut frame.clone());
                    self.faults.put(&frame, &mut wire);
                }
            }
            to.write_all(&wire).await?;
        }
    }
}
