//! The other end of a chip's serial port: takes the readings that the chip's runner sends, forwards each to the Bot
//! API through its own runner, and answers the chip with the outcome: the message's id, a rejection, a flood wait.
//!
//! ```text
//! cargo run --example gateway --features telegram -- serve --serial unix:/tmp/uart.sock
//! ```
//!
//! serves a chip, or QEMU with `-serial unix:/tmp/uart.sock,server=on`. Without a token in `TELEGRAM_BOT_TOKEN` the
//! messages go to a stand-in of the Bot API in this process. `demo` runs the whole system with faults of every kind,
//! and checks the deliveries. `ci/firmware/run.sh` builds the firmware for it.

mod api;
mod cli;
mod demo;
mod desk;
mod interrupt;
mod journal;
#[path = "../link/mod.rs"]
#[allow(dead_code, unreachable_pub)] // the firmware needs the rest, from another crate
mod link;
mod serial;
mod serve;
#[path = "../stand_in/mod.rs"]
mod stand_in;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Args, Command};

/// The error that ends the program.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let end = smol::block_on(async {
        match Args::parse().command {
            Command::Serve(args) => serve::serve(&args).await.map(|()| ExitCode::SUCCESS),
            Command::Demo(args) => demo::run(&args).await,
        }
    });
    end.unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        ExitCode::from(2)
    })
}
