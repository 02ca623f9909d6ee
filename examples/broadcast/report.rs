//! The report: a line with a JSON object for each recipient, written before the next answer is read.
//!
//! The first line is a header. It names the broadcast, so that another broadcast can't use the report:
//!
//! ```text
//! {"broadcast":1,"bot":"123456789","message":"9f769cc0070438ff.."}
//! {"chat_id":42,"status":"sent","message_id":7,"attempts":1}
//! ```
//!
//! `broadcast` is the version of the format, `bot` the bot's public id, `message` the
//! [fingerprint](crate::fingerprint) of the message. The recipients may change from run to run.
//!
//! One call writes a line, so a killed process leaves whole lines, and at most one torn line: the last. It is cut
//! off before the report goes on. Any other file is refused and not changed.

mod claim;
mod header;
mod lock;
mod past;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(crate) use self::claim::Claim;
pub(crate) use self::header::Header;
pub(crate) use self::past::Past;
use crate::chat::Chat;
use crate::failure::{Blame, Failure};

/// A line of the report.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) chat_id: Chat,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<i32>,
    /// The code of a rejection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The new id of a group, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) migrate_to_chat_id: Option<i64>,
    /// True if no answer came, but the message may have arrived anyway.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) may_have_arrived: bool,
    pub(crate) attempts: u32,
    /// True for a demonstration: nothing was sent to Telegram.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) demo: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Telegram has accepted the message.
    Sent,
    /// Telegram has rejected the message.
    Rejected,
    /// No answer came.
    Failed,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks so
fn is_false(value: &bool) -> bool {
    !value
}

/// A report that is being written.
pub(crate) struct Report {
    file: File,
    path: PathBuf,
}

impl Report {
    pub(crate) fn write(&mut self, record: &Record) -> Result<(), Failure> {
        write_line(&mut self.file, record).map_err(|error| {
            let (path, chat) = (self.path.display(), &record.chat_id);
            let message = format!("can't write the report `{path}`: {error}; chat {chat} is not in it");
            Failure::new(Blame::Report, message)
        })
    }
}

/// Writes a line in one call, so that it is whole or torn at its end.
fn write_line(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)
}
