//! The first line of a report, which names its broadcast.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::is_false;

/// The version of the format, which changes when an earlier version of this tool could misread a report.
const VERSION: u32 = 1;

/// The name of a broadcast: two runs with the same header send the same message from the same bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    broadcast: u32,
    /// The bot's public id.
    bot: String,
    /// The message's fingerprint.
    message: String,
    /// True for a demonstration: nothing is sent to Telegram.
    #[serde(default, skip_serializing_if = "is_false")]
    demo: bool,
}

impl Header {
    pub(crate) fn new(bot: &str, message: &str, demo: bool) -> Self {
        Self { broadcast: VERSION, bot: bot.to_owned(), message: message.to_owned(), demo }
    }

    /// Reads the first line of a report. Returns `None` if it is no header, or an error if its version is unknown.
    pub(super) fn read(line: &[u8]) -> Result<Option<Self>, String> {
        #[derive(Deserialize)]
        struct Version {
            broadcast: u32,
        }
        match serde_json::from_slice(line) {
            Ok(Version { broadcast: VERSION }) => Ok(serde_json::from_slice(line).ok()),
            Ok(Version { broadcast }) => {
                Err(format!("its format is version {broadcast}, and this tool knows {VERSION} only"))
            }
            Err(_) => Ok(None),
        }
    }

    /// Returns true if `line` is a header, so that a report can serve as a list of recipients.
    pub(crate) fn is(line: &str) -> bool {
        matches!(Self::read(line.as_bytes()), Ok(Some(_)))
    }

    /// Returns true if `line` is the beginning of a header, as a killed process leaves it.
    pub(super) fn is_torn(line: &[u8]) -> bool {
        let whole = line.ends_with(b"\n") || serde_json::from_slice::<IgnoredAny>(line).is_ok();
        !whole && line.starts_with(b"{\"broadcast\":1,\"bot\":\"")
    }

    pub(super) fn is_of_demo(&self) -> bool {
        self.demo
    }

    /// Returns an error if a report with the header `report` is not of this broadcast.
    pub(super) fn check(&self, report: &Self) -> Result<(), String> {
        if self.bot != report.bot {
            let (its, ours) = (&report.bot, &self.bot);
            return Err(format!(
                "it is of another broadcast, from the bot {its}, and the token is of the bot {ours}"
            ));
        }
        if self.message != report.message {
            return Err("it is of another broadcast, with another text, --parse-mode or --silent".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(header: &Header) -> Vec<u8> {
        serde_json::to_vec(header).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        for header in [Header::new("1", "aa", false), Header::new("007", "bb", true)] {
            assert_eq!(Header::read(&line(&header)), Ok(Some(header)));
        }
        let written = line(&Header::new("1", "aa", false));
        assert_eq!(written, b"{\"broadcast\":1,\"bot\":\"1\",\"message\":\"aa\"}");
    }

    #[test]
    fn another_version_is_refused_and_what_is_no_header_is_none() {
        assert!(Header::read(b"{\"broadcast\":2,\"bots\":[\"1\"]}").unwrap_err().contains("version 2"));
        for other in [
            "",
            "{\"broadcast\":1,\"bot\":\"1\"}",
            "{\"broadcast\":1,\"bot\":\"1\",\"message\":\"aa\",\"x\":1}",
            "{\"broadcast\":\"news\"}",
            "{\"chat_id\":1,\"status\":\"sent\",\"attempts\":1}",
        ] {
            assert_eq!(Header::read(other.as_bytes()), Ok(None), "{other}");
        }
    }

    #[test]
    fn only_what_no_other_file_begins_with_is_taken_for_a_torn_header() {
        let whole = line(&Header::new("1", "aa", false));
        let torn: Vec<_> = (0..=whole.len()).filter(|end| Header::is_torn(&whole[..*end])).collect();
        let bot = "{\"broadcast\":1,\"bot\":\"".len();
        assert_eq!(torn, (bot..whole.len()).collect::<Vec<_>>());
        assert!(!Header::is_torn(b"{\"broadcast\":2,\"bot\":\"1"));
        assert!(!Header::is_torn(b"{\"broadcast\":1,\"bot\":\"1\",\n"));
    }
}
