//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::serial::Address;

/// Forwards a chip's readings to Telegram.
#[derive(Debug, Parser)]
#[command(name = "gateway", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves the chip at a serial port until Ctrl-C
    Serve(ServeArgs),
    /// Runs firmware in QEMU, a gateway, and a bad line between them, and checks what was delivered
    Demo(DemoArgs),
}

#[derive(Debug, Parser)]
pub(crate) struct ServeArgs {
    /// Where the chip's serial port is: `unix:PATH` or `tcp:HOST:PORT`
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) serial: Address,

    /// The file that must survive: which reading is next, and what came of the last
    #[arg(long, value_name = "FILE", default_value = "gateway.json")]
    pub(crate) journal: PathBuf,

    /// How many readings are wanted
    #[arg(long, value_name = "N", default_value_t = u32::MAX)]
    pub(crate) readings: u32,

    /// The chat of readings
    #[arg(long, default_value = "100001", allow_hyphen_values = true)]
    pub(crate) chat: String,

    /// The chat of alarms
    #[arg(long, value_name = "CHAT", default_value = "100002", allow_hyphen_values = true)]
    pub(crate) alarm_chat: String,

    /// Send at most N messages in any SECS seconds
    #[arg(long, value_name = "N/SECS", default_value = "1/1")]
    pub(crate) rate: Rate,

    /// A Bot API server of one's own. The token is in the environment
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,

    /// Leaves out what keeps readings whole and single, to show that it is needed
    #[arg(long, hide = true)]
    pub(crate) without: Option<Guard>,
}

#[derive(Debug, Parser)]
pub(crate) struct DemoArgs {
    /// The firmware
    #[arg(long, value_name = "ELF")]
    pub(crate) firmware: PathBuf,

    /// QEMU's name of the board
    #[arg(long, default_value = "mps2-an386")]
    pub(crate) board: String,

    /// How many readings are sent
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) readings: u32,

    /// How many of a thousand frames are dropped; as many are corrupted, cut, and doubled
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) faults: u32,

    /// How often the gateway is killed and started again, and the chip reset
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) restarts: u32,

    /// Another seed is another course of events
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Give up after this many seconds
    #[arg(long, value_name = "SECS", default_value_t = 420)]
    pub(crate) patience: u64,

    /// Leaves out what keeps readings whole and single, to show that it is needed
    #[arg(long)]
    pub(crate) without: Option<Guard>,
}

/// The options that keep readings whole and single.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Guard {
    /// The check of a frame's CRC
    Crc,
    /// The memory of what was answered
    Memory,
}

impl Guard {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc => "crc",
            Self::Memory => "memory",
        }
    }
}

/// A number of messages in a period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) number: u32,
    pub(crate) period: Duration,
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let rule = "it must be like 20/60: messages, a slash, seconds";
        let (number, seconds) = text.split_once('/').ok_or(rule)?;
        let seconds: f64 = seconds.parse().map_err(|_| rule)?;
        let period = Duration::try_from_secs_f64(seconds).map_err(|_| rule)?;
        Ok(Self { number: number.parse().map_err(|_| rule)?, period })
    }
}
