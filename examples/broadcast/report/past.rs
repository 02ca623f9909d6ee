//! The earlier run that a report records, and the check that a file is a report.

use std::collections::{HashMap, HashSet};

use serde::de::IgnoredAny;

use super::{Header, Record, Status};
use crate::chat::Chat;

/// The earlier run that a report records.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(crate) sent: HashSet<Chat>,
    /// The chats that may have got it, though no answer came.
    pub(crate) unsure: HashSet<Chat>,
    /// The offset of a torn last line.
    pub(super) torn_at: Option<u64>,
    /// True if there are records, but no header that names their broadcast. Earlier versions of this tool wrote none.
    pub(crate) nameless: bool,
    /// True if the last line has no line break.
    pub(super) unended: bool,
}

impl Past {
    /// Reads the content of a report. It must be of the broadcast that `header` names.
    pub(super) fn parse(bytes: &[u8], header: &Header) -> Result<Self, String> {
        let mut past = Self::default();
        let mut last = HashMap::new();
        let mut offset = 0;
        let check_demo = |number: u64, demo: bool| match demo {
            _ if demo == header.is_of_demo() => Ok(()),
            true => Err(format!("line {number} is of a demo")),
            false => Err(format!("line {number} is of a real run, and this is a demo")),
        };
        for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            past.unended = !line.ends_with(b"\n");
            let first = offset == 0;
            if let Ok(record) = serde_json::from_slice::<Record>(line) {
                check_demo(number, record.demo)?;
                past.nameless |= first;
                let chat = record.chat_id.key();
                if record.status == Status::Sent {
                    past.sent.insert(chat);
                } else {
                    last.insert(chat, record.may_have_arrived);
                }
            } else if is_torn(line, first) || (first && Header::is_torn(line)) {
                past.torn_at = Some(offset);
            } else if first && let Some(its) = Header::read(line)? {
                check_demo(number, its.is_of_demo())?;
                header.check(&its)?;
            } else {
                return Err(format!("line {number} is none of a report"));
            }
            offset += line.len() as u64;
        }
        past.unsure = last.into_iter().filter_map(|(chat, unsure)| unsure.then_some(chat)).collect();
        Ok(past)
    }
}

/// Returns true if `line` is the beginning of a record, as a killed process leaves it.
///
/// Such a line is cut off, so this tool must have written it. No record before the `first` line proves that the file
/// is a report, so that line must reach its status.
fn is_torn(line: &[u8], first: bool) -> bool {
    const CHAT: &[u8] = b"{\"chat_id\":";
    const STATUS: [&[u8]; 3] =
        [b",\"status\":\"sent\"", b",\"status\":\"rejected\"", b",\"status\":\"failed\""];
    let whole = line.ends_with(b"\n") || serde_json::from_slice::<IgnoredAny>(line).is_ok();
    if whole {
        return false;
    }
    let Some(rest) = line.strip_prefix(CHAT) else { return !first && CHAT.starts_with(line) };
    let chat = rest.split(|byte| *byte == b',').next().unwrap_or_default();
    let written_here = matches!(chat.first(), None | Some(b'"' | b'-' | b'0'..=b'9'));
    let rest = &rest[chat.len()..];
    written_here
        && STATUS.iter().any(|status| rest.starts_with(status) || (!first && status.starts_with(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_a_record_is_taken_for_a_torn_line() {
        for torn in [
            "{\"chat_id\":1,\"status\":\"sent\"",
            "{\"chat_id\":\"@name\",\"status\":\"failed\",\"reason\":\"x",
        ] {
            assert!(is_torn(torn.as_bytes(), true) && is_torn(torn.as_bytes(), false), "{torn}");
        }
        // After a record, these can be nothing else. As the first line, they can be anything.
        for torn in [
            "{",
            "{\"chat",
            "{\"chat_id\":",
            "{\"chat_id\":\"\u{fffd}",
            "{\"chat_id\":-10,",
            "{\"chat_id\":1,\"sta",
            "{\"chat_id\":1,\"status\":\"rej",
        ] {
            assert!(!is_torn(torn.as_bytes(), true) && is_torn(torn.as_bytes(), false), "{torn}");
        }
        for other in [
            "x",
            "\n",
            "\0\0\0",
            "{\"name\":",
            "{\"chat_id\": 7",
            "{\"chat_id\":7}",
            "{\"chat_id\":7,\"name\":\"x",
            "{\"chat_id\":7,\"status\":\"sent\"}",
            "{\"chat_id\":7,\"status\":\"new\",",
            "{\"chat_id\":1,\"status\":\"\n",
        ] {
            assert!(!is_torn(other.as_bytes(), true) && !is_torn(other.as_bytes(), false), "{other:?}");
        }
    }
}
