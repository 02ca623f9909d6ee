//! What a report says of an earlier run, and whether it is a report at all.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::de::IgnoredAny;

use super::{Header, Record, Status};
use crate::chat::Chat;
use crate::failure::{Blame, Failure};

/// What a report says of an earlier run.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(crate) sent: HashSet<Chat>,
    /// Those who may have got it, though no answer came.
    pub(crate) unsure: HashSet<Chat>,
    /// Where a torn last line begins.
    pub(super) torn_at: Option<u64>,
    /// There are records, and no header says which broadcast they are of. Earlier versions of this tool wrote none.
    pub(crate) nameless: bool,
    /// The last line is whole, but for its line break.
    pub(super) unended: bool,
}

impl Past {
    /// Reads the report at `path`, and changes nothing. Without `resume` there must be none. With it, the report must be
    /// of the broadcast that `header` names.
    pub(crate) fn read(path: &Path, resume: bool, header: &Header) -> Result<Self, Failure> {
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
        Self::parse(&bytes, header).map_err(|wrong| {
            fail(format!(
                "`{name}` is not a report that this run can go on with: {wrong}; or name another file"
            ))
        })
    }

    fn parse(bytes: &[u8], header: &Header) -> Result<Self, String> {
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
            match serde_json::from_slice::<Record>(line) {
                Ok(record) => {
                    check_demo(number, record.demo)?;
                    past.nameless |= first;
                    let chat = record.chat_id.key();
                    if record.status == Status::Sent {
                        past.sent.insert(chat);
                    } else {
                        last.insert(chat, record.may_have_arrived);
                    }
                }
                Err(_) if is_torn(line, first) || (first && Header::is_torn(line)) => {
                    past.torn_at = Some(offset)
                }
                Err(_) if first && let Some(its) = Header::read(line)? => {
                    check_demo(number, its.is_of_demo())?;
                    header.check(&its)?;
                }
                Err(_) => return Err(format!("line {number} is none of a report")),
            }
            offset += line.len() as u64;
        }
        past.unsure = last.into_iter().filter_map(|(chat, unsure)| unsure.then_some(chat)).collect();
        Ok(past)
    }
}

/// Returns true if `line` is the beginning of a record, as a process that was killed leaves it.
///
/// The line is cut off, so it must not be somebody else's: the file would lose it. A line that is the `first` one has no
/// record before it that shows whose file this is, so it must reach the part that no other list has.
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
    use super::super::Report;
    use super::*;

    const SENT: &str = "{\"chat_id\":1,\"status\":\"sent\",\"message_id\":9,\"attempts\":1}\n";
    const FAILED: &str = "{\"chat_id\":2,\"status\":\"failed\",\"may_have_arrived\":true,\"attempts\":1}\n";

    fn header() -> Header {
        Header::new("1", "aa", false)
    }

    /// The header as a line.
    fn head(header: &Header) -> String {
        serde_json::to_string(header).unwrap() + "\n"
    }

    fn parse(text: &str) -> Result<Past, String> {
        Past::parse(text.as_bytes(), &header())
    }

    fn resume(text: &[u8]) -> (Past, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report");
        fs::write(&path, text).unwrap();
        let past = Past::read(&path, true, &header()).unwrap();
        drop(Report::open(&path, &past, &header()).unwrap());
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
        assert!(parse(&[FAILED, &later].concat()).unwrap().unsure.is_empty());
        let past = parse(&[SENT, &FAILED.replace(":2", ":1")].concat()).unwrap();
        assert!(past.sent.contains(&Chat::Id(1)));
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let head = head(&header());
        for bad in [
            "\n",
            "x\n{}",
            "{\"chat_id\":1}\n",
            &SENT.replace("}\n", ",\"demo\":true}\n"),
            &[SENT, &head].concat(),
            &[&head, &head, SENT].concat(),
            &[&head, "\n"].concat(),
            &[&head[..head.len() - 5], "\n"].concat(),
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_new_report_begins_with_its_header_and_an_earlier_one_is_left_without() {
        let head = head(&header());
        assert_eq!(resume(b"").1, head);
        assert_eq!(resume(head.as_bytes()).1, head);
        let (past, after) = resume(SENT.as_bytes());
        assert_eq!((past.nameless, after.as_str()), (true, SENT));
        let (past, after) = resume([&head, SENT].concat().as_bytes());
        assert_eq!((past.nameless, past.sent.len(), after), (false, 1, [&head, SENT].concat()));
    }

    #[test]
    fn a_torn_header_is_written_anew() {
        let head = head(&header());
        let bot = "{\"broadcast\":1,\"bot\":\"".len();
        for end in bot..head.len() - 1 {
            assert_eq!(resume(&head.as_bytes()[..end]).1, head, "{end}");
        }
        assert_eq!(resume(head.trim_end().as_bytes()).1, head);
        assert!(parse(&head[..bot - 1]).is_err());
    }

    #[test]
    fn a_line_after_the_header_may_be_torn_anywhere() {
        let head = head(&header());
        for end in 1..SENT.len() - 1 {
            assert_eq!(resume([&head, &SENT[..end]].concat().as_bytes()).1, head, "{end}");
        }
    }

    #[test]
    fn a_report_of_another_broadcast_is_refused() {
        for (other, part) in [
            (Header::new("2", "aa", false), "from the bot 2"),
            (Header::new("1", "bb", false), "another text"),
            (Header::new("1", "aa", true), "of a demo"),
        ] {
            let wrong = parse(&[&head(&other), SENT].concat()).unwrap_err();
            assert!(wrong.contains(part), "{wrong}");
        }
        let wrong = parse("{\"broadcast\":2,\"bot\":\"1\"}\n").unwrap_err();
        assert!(wrong.contains("version 2"), "{wrong}");
    }

    #[test]
    fn only_the_beginning_of_a_record_is_taken_for_a_torn_line() {
        for torn in [
            "{\"chat_id\":1,\"status\":\"sent\"",
            "{\"chat_id\":\"@name\",\"status\":\"failed\",\"reason\":\"x",
        ] {
            assert!(is_torn(torn.as_bytes(), true) && is_torn(torn.as_bytes(), false), "{torn}");
        }
        // After a record these can be nothing else. As the first line they can be anything.
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
