//! The command line.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand};

/// Measures telegram-sender beside its peers.
#[derive(Debug, Parser)]
pub(crate) struct Cli {
    /// The folder of the results.
    #[arg(long, global = true, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results"), hide_default_value = true)]
    pub(crate) results: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measures everything: prints the tables, writes JSON, tables and plots.
    Measure {
        /// How many rounds are timed.
        #[arg(long, default_value_t = 61)]
        rounds: usize,
        /// Only the cases whose name contains this; nothing is written then.
        #[arg(long)]
        only: Option<String>,
    },
    /// Writes tables and plots again, from the JSON.
    Draw,
    /// Says which promises hold, from the JSON. Fails if one does not.
    Verdict,
    /// Counts instructions and allocations, and fails if they rose over those in `counts.json`.
    Counts {
        /// Writes `counts.json` again instead.
        #[arg(long, requires = "reason")]
        update: bool,
        /// Why the counts change.
        #[arg(long, requires = "update", value_parser = NonEmptyStringValueParser::new())]
        reason: Option<String>,
    },
    /// Runs one case once, for a profiler.
    Run {
        /// Its name, as in `W1 / smol local / bare loop`.
        case: String,
        /// How many requests.
        requests: u64,
    },
}
