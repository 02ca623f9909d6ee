//! The report: one JSON object a line for each recipient, written before the next one is heard of.
//!
//! A line is written by one call, so a process that is killed leaves whole lines, and at most one that is torn: the
//! last. That one is cut off before the report goes on.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::chat::Chat;
use crate::failure::{Blame, Failure};

/// A line of the report.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) chat_id: Chat,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<i32>,
    /// Of a rejection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The new id of a group that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) migrate_to_chat_id: Option<i64>,
    /// Of a failure: no answer came, but the message may be there all the same.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) may_have_arrived: bool,
    pub(crate) attempts: u32,
    /// Nothing was sent to Telegram: it was a demonstration.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) demo: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Telegram has taken it.
    Sent,
    /// Telegram has answered that it does not take it.
    Rejected,
    /// No answer came.
    Failed,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks so
fn is_false(value: &bool) -> bool {
    !value
}

/// What a report says of an earlier run.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(crate) sent: HashSet<Chat>,
    /// Those who may have got it, though no answer came.
    pub(crate) unsure: HashSet<Chat>,
    /// Where a torn last line begins.
    torn_at: Option<u64>,
    /// The last line is whole, but for its line break.
    unended: bool,
}

impl Past {
    /// Reads the report at `path`, and changes nothing. Without `resume` there must be none.
    pub(crate) fn read(path: &Path, resume: bool, demo: bool) -> Result<Self, Failure> {
        let name = path.display();
        let fail = |message: String| Failure::new(Blame::Report, message);
        // Devices and pipes can be written, and have no past.
        let is_device = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        if is_device && resume {
            return Err(fail(format!("`{name}` is no file, so there is nothing to resume; name a file")));
        }
        if is_device {
            return Ok(Self::default());
        }
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(fail(format!("can't read the report `{name}`: {error}"))),
        };
        if !resume && !bytes.is_empty() {
            return Err(fail(format!(
                "the report `{name}` is there already; add --resume to go on with it, or name another file"
            )));
        }
        Self::parse(&bytes, demo).map_err(|wrong| {
            fail(format!("`{name}` is not a report that this run can go on with: {wrong}; name another file"))
        })
    }

    fn parse(bytes: &[u8], demo: bool) -> Result<Self, String> {
        let mut past = Self::default();
        let mut last = HashMap::new();
        let mut offset = 0;
        for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            match serde_json::from_slice::<Record>(line) {
                Ok(record) if record.demo != demo => {
                    let whose = if record.demo { "of a demo" } else { "of a real run, and this is a demo" };
                    return Err(format!("line {number} is {whose}"));
                }
                Ok(record) => {
                    past.unended = !line.ends_with(b"\n");
                    let chat = record.chat_id.key();
                    if record.status == Status::Sent {
                        past.sent.insert(chat);
                    } else {
                        last.insert(chat, record.may_have_arrived);
                    }
                }
                Err(_) if !line.ends_with(b"\n") => past.torn_at = Some(offset),
                Err(_) => return Err(format!("line {number} is none of a report")),
            }
            offset += line.len() as u64;
        }
        past.unsure = last.into_iter().filter_map(|(chat, unsure)| unsure.then_some(chat)).collect();
        Ok(past)
    }
}

/// A report that is being written.
pub(crate) struct Report {
    file: File,
    path: PathBuf,
}

impl Report {
    /// Opens the report at `path` to go on after `past`.
    pub(crate) fn open(path: &Path, past: &Past) -> Result<Self, Failure> {
        let open = || {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            if let Some(torn_at) = past.torn_at {
                file.set_len(torn_at)?;
            } else if past.unended {
                file.write_all(b"\n")?;
            }
            Ok(Self { file, path: path.to_owned() })
        };
        open().map_err(|error: io::Error| {
            Failure::new(Blame::Report, format!("can't write the report `{}`: {error}", path.display()))
        })
    }

    pub(crate) fn write(&mut self, record: &Record) -> Result<(), Failure> {
        let line = serde_json::to_vec(record).map_err(io::Error::from);
        line.and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        })
        .map_err(|error| {
            let (path, chat) = (self.path.display(), &record.chat_id);
            let message = format!("can't write the report `{path}`: {error}; chat {chat} is not in it");
            Failure::new(Blame::Report, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = "{\"chat_id\":1,\"status\":\"sent\",\"message_id\":9,\"attempts\":1}\n";
    const FAILED: &str = "{\"chat_id\":2,\"status\":\"failed\",\"may_have_arrived\":true,\"attempts\":1}\n";

    fn resume(text: &[u8]) -> (Past, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report");
        fs::write(&path, text).unwrap();
        let past = Past::read(&path, true, false).unwrap();
        drop(Report::open(&path, &past).unwrap());
        (past, fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn a_torn_last_line_is_cut_off_wherever_it_is_torn() {
        let whole = [SENT, FAILED].concat();
        for end in SENT.len()..whole.len() - 1 {
            let (past, after) = resume(&whole.as_bytes()[..end]);
            assert_eq!((past.sent.len(), past.unsure.len(), after.as_str()), (1, 0, SENT), "{end}");
        }
        let (past, after) = resume(&[SENT.as_bytes(), b"{\"chat_id\":\"\xc3"].concat());
        assert_eq!((past.sent.len(), after.as_str()), (1, SENT));
    }

    #[test]
    fn a_last_line_that_lacks_only_its_break_counts() {
        let whole = [FAILED, SENT].concat();
        let (past, after) = resume(whole.trim_end().as_bytes());
        assert_eq!((past.sent.len(), past.unsure.len(), after), (1, 1, whole));
    }

    #[test]
    fn who_was_sent_it_later_is_sent_and_the_last_failure_counts() {
        let later = FAILED.replace("\"may_have_arrived\":true,", "");
        assert!(Past::parse([FAILED, &later].concat().as_bytes(), false).unwrap().unsure.is_empty());
        let past = Past::parse([SENT, &FAILED.replace(":2", ":1")].concat().as_bytes(), false).unwrap();
        assert!(past.sent.contains(&Chat::Id(1)));
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for bad in ["\n", "x\n{}", "{\"chat_id\":1}\n", &SENT.replace("}\n", ",\"demo\":true}\n")] {
            assert!(Past::parse(bad.as_bytes(), false).is_err(), "{bad}");
        }
    }
}
