//! The command line: its options, and the checks that need no other input.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Parser, ValueEnum};
use telegram_sender::telegram::ParseMode;

use crate::failure::{Blame, Failure};
use crate::runtime::Runtime;

const AFTER_HELP: &str = "\
The bot's token comes from the environment variable TELEGRAM_BOT_TOKEN or from
--token-file.

With --demo nothing leaves this machine, whatever token is set: the messages go to a
stand-in of the Bot API in this very process, which keeps Telegram's limits. Recipients
and text may be left out then. Without any argument and without a token the demo runs too.

Nobody is sent a message before all recipients and texts were checked. A message is
sent again only if it surely did not arrive: after a flood wait, a fault of the server's
own, or when there was no connection. Ctrl-C sends and reports what is queued and stops; a second one stops at
once. Either way --resume goes on later.

The report's first line names the broadcast: the bot's id and the SHA-256 of the message.
Each other line is about a recipient who is sent, rejected or failed. --resume takes a
report of the same broadcast only; the list may have changed. While a run lasts, no
other one can use its report. Two runs without a report know nothing of each other.

Exit codes:
    0  all were sent (in a demo with its own recipients: all but those that the
       stand-in is told to refuse)
    1  finished, but not all were sent
    2  the arguments make no sense
    3  the text can't be used: unreadable, empty, too long, or with an unknown column
    4  the recipients can't be used: unreadable, none, or a bad chat_id
    5  the report can't be used: unreadable, unwritable, not a report, of another
       broadcast, in use by another process, or there already (see --resume)
    6  the token is missing or malformed, or the server refuses it (see --demo)
    7  the server can't be reached, or can't be reached any more
  130  interrupted";

/// Sends a message to each of a list of recipients, at a rate that Telegram likes, and reports on each.
#[derive(Debug, Parser)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of its own
// The last occurrence of an option counts, so that an alias can be overridden.
#[command(name = "broadcast", version, after_help = AFTER_HELP, args_override_self = true)]
pub(crate) struct Args {
    /// The recipients: CSV or JSON Lines with a `chat_id`; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) recipients: Option<PathBuf>,

    /// The text; `{name}` is the column `name`, `{{` is a brace
    #[arg(long, conflicts_with = "text_file")]
    pub(crate) text: Option<String>,

    /// A file with the text
    #[arg(long, value_name = "FILE")]
    pub(crate) text_file: Option<PathBuf>,

    /// The text's markup; columns are escaped for it
    #[arg(long, value_name = "MODE")]
    pub(crate) parse_mode: Option<Markup>,

    /// Let messages arrive without a sound
    #[arg(long)]
    pub(crate) silent: bool,

    /// Send at most N messages in any SECS seconds
    #[arg(long, value_name = "N/SECS", default_value = "25/1")]
    pub(crate) rate: Rate,

    /// How often a message is sent again that surely did not arrive
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) retries: u32,

    /// How long to wait for each answer
    #[arg(long, value_name = "SECS", default_value = "30", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// Where to report on each recipient at once, as JSON Lines
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,

    /// Go on where the report ends: skip who is `sent` there
    #[arg(long, requires = "report")]
    pub(crate) resume: bool,

    /// When resuming, skip also who is marked `may_have_arrived`
    #[arg(long, requires = "resume")]
    pub(crate) skip_unsure: bool,

    /// Show how it works: send to a stand-in in this process instead of Telegram
    #[arg(long, conflicts_with_all = ["token_file", "api_url"])]
    pub(crate) demo: bool,

    /// A file that holds the bot's token and nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// The runtime: smol, or tokio if it was built with that feature
    #[arg(long, value_name = "NAME", default_value = "smol")]
    pub(crate) runtime: Runtime,

    /// Another Bot API server than Telegram's own
    #[arg(long, value_name = "URL")]
    pub(crate) api_url: Option<String>,

    /// True if the command line holds nothing but the tool's name.
    #[arg(skip = env::args_os().len() <= 1)]
    pub(crate) bare: bool,
}

impl Args {
    /// Reads the command line. Prints help or version on request, and ends the process.
    pub(crate) fn read() -> Result<Self, Failure> {
        Self::try_parse().map_err(|error| {
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                error.exit();
            }
            // The first paragraph says what is wrong. The rest is usage, which is in `--help`.
            let text = error.to_string();
            let words = text.split("\n\n").next().unwrap_or_default().split_whitespace();
            let line = words.skip_while(|word| *word == "error:").collect::<Vec<_>>().join(" ");
            Failure::new(Blame::Arguments, format!("{line}; try --help"))
        })
    }
}

/// The markup that a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Markup {
    Html,
    MarkdownV2,
}

impl Markup {
    pub(crate) fn parse_mode(self) -> ParseMode {
        match self {
            Self::Html => ParseMode::Html,
            Self::MarkdownV2 => ParseMode::MarkdownV2,
        }
    }
}

/// A number of messages in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) messages: u32,
    pub(crate) period: Duration,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: Duration = Duration::from_secs(1);
        match self.period {
            SECOND => write!(f, "{} a second", self.messages),
            period => write!(f, "{} in {period:?}", self.messages),
        }
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The limiter remembers a period's sends. No server takes more than this anyway.
        const MOST: u32 = 1_000_000;
        let (messages, period) = text.split_once('/').ok_or("it must look like 30/1: messages/seconds")?;
        let messages = messages.trim().parse().ok().filter(|messages| (1..=MOST).contains(messages));
        let messages = messages.ok_or_else(|| format!("the messages must be a number from 1 to {MOST}"))?;
        Ok(Self { messages, period: seconds(period.trim())? })
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let a_day = Duration::from_secs(24 * 60 * 60);
    number
        .filter(|duration| !duration.is_zero() && *duration <= a_day)
        .ok_or_else(|| "the seconds must be a number above 0, such as 1 or 0.5, and a day at most".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_messages_over_seconds() {
        let rate = |text: &str| text.parse::<Rate>().ok().map(|rate| (rate.messages, rate.period));
        assert_eq!(rate("30/1"), Some((30, Duration::from_secs(1))));
        assert_eq!(rate("1/0.04"), Some((1, Duration::from_millis(40))));
        for bad in [
            "",
            "30",
            "0/1",
            "1/0",
            "-1/1",
            "1/-1",
            "a/b",
            "1/nan",
            "1/inf",
            "1/1e-30",
            "1/1e300",
            "99999999/1",
        ] {
            assert_eq!(rate(bad), None, "{bad}");
        }
    }
}
