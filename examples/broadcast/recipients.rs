//! The list of recipients, from CSV or JSON Lines. All of it is checked before the first message is sent.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::chat::Chat;
use crate::failure::{Blame, Failure};
use crate::report::Header;

const CHAT_ID: &str = "chat_id";

/// A recipient of the message.
#[derive(Debug, Clone)]
pub(crate) struct Recipient {
    pub(crate) chat: Chat,
    /// Its line in the list, from 1 on.
    pub(crate) line: u64,
    /// Shared, because lists are long and most lines have the same columns.
    columns: Arc<[String]>,
    values: Vec<String>,
}

impl Recipient {
    pub(crate) fn value(&self, column: &str) -> Option<&str> {
        let index = self.columns.iter().position(|name| name == column)?;
        self.values.get(index).map(String::as_str)
    }

    /// Returns the names of its columns, for an error message.
    pub(crate) fn columns(&self) -> String {
        self.columns.join(", ")
    }
}

/// The format of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    JsonLines,
}

/// Reads the list at `path`, or stdin if that is `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<Recipient>, Failure> {
    let fail = |message: String| Failure::new(Blame::Recipients, message);
    let name = path.display();
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    let text = text.map_err(|error| fail(format!("can't read the recipients in `{name}`: {error}")))?;
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let format = match extension.as_deref() {
        Some("csv" | "tsv") => Some(Format::Csv),
        Some("jsonl" | "ndjson" | "json") => Some(Format::JsonLines),
        _ => None,
    };
    parse(&text, format).map_err(|wrong| fail(format!("the recipients in `{name}` can't be used: {wrong}")))
}

/// Parses a list, or returns what is wrong and where. Without a format, the first character decides.
pub(crate) fn parse(text: &str, format: Option<Format>) -> Result<Vec<Recipient>, String> {
    // Spreadsheets often begin with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let by_content = if text.trim_start().starts_with('{') { Format::JsonLines } else { Format::Csv };
    let list = match format.unwrap_or(by_content) {
        Format::Csv => parse_csv(text)?,
        Format::JsonLines => parse_json_lines(text)?,
    };
    if list.is_empty() {
        return Err("there are none".to_owned());
    }
    Ok(list)
}

/// Keeps the first recipient of each chat, and returns the number of the others.
pub(crate) fn without_duplicates(mut list: Vec<Recipient>) -> (Vec<Recipient>, usize) {
    let all = list.len();
    let mut seen = HashSet::with_capacity(all);
    list.retain(|recipient| seen.insert(recipient.chat.key()));
    let duplicates = all - list.len();
    (list, duplicates)
}

fn parse_csv(text: &str) -> Result<Vec<Recipient>, String> {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    // A comma, unless the header has none: some countries' spreadsheets write semicolons.
    let delimiter = [',', ';', '\t'].into_iter().find(|delimiter| header.contains(*delimiter)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Arc<[String]> =
        reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
    let Some(chat_id) = columns.iter().position(|name| name == CHAT_ID) else {
        return Err(match header {
            "" => "there are none".to_owned(),
            _ => format!("there is no `chat_id` column; the first line names: {}", columns.join(", ")),
        });
    };
    let mut list = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv_error(text, &error))?;
        let line = line_of(text, record.position());
        let chat = Chat::parse(&record[chat_id]).map_err(|wrong| format!("line {line}: {wrong}"))?;
        let values = record.iter().map(str::to_owned).collect();
        list.push(Recipient { chat, line, columns: Arc::clone(&columns), values });
    }
    Ok(list)
}

/// Returns the line in which a record begins. `position` is that of the empty lines before it, if there are any.
fn line_of(text: &str, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let blank =
        text.as_bytes().get(start..).unwrap_or_default().iter().take_while(|byte| b"\r\n".contains(byte));
    position.line() + blank.map(|byte| u64::from(*byte == b'\n')).sum::<u64>()
}

fn csv_error(text: &str, error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = line_of(text, pos.as_ref());
            format!("line {line}: it has {len} columns, and the first line has {expected_len}")
        }
        _ => error.to_string(),
    }
}

fn parse_json_lines(text: &str) -> Result<Vec<Recipient>, String> {
    let mut list: Vec<Recipient> = Vec::new();
    for (line, object) in (1..).zip(text.lines()).filter(|(_, object)| !object.trim().is_empty()) {
        if line == 1 && Header::is(object) {
            continue;
        }
        let wrong = |what: String| format!("line {line}: {what}");
        let object: BTreeMap<String, Value> = serde_json::from_str(object)
            .map_err(|_| wrong("it is not a JSON object; each line must be one".to_owned()))?;
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (column, value) in object {
            values.push(plain(&value).ok_or_else(|| wrong(format!("`{column}` is not a plain value")))?);
            columns.push(column);
        }
        let chat_id = columns.iter().position(|name| name == CHAT_ID);
        let chat_id = chat_id.ok_or_else(|| wrong("it has no `chat_id`".to_owned()))?;
        let chat = Chat::parse(&values[chat_id]).map_err(wrong)?;
        let columns = match list.last() {
            Some(before) if *before.columns == columns => Arc::clone(&before.columns),
            _ => columns.into(),
        };
        list.push(Recipient { chat, line, columns, values });
    }
    Ok(list)
}

/// Returns a value as text, or `None` for a list or an object.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chats(text: &str) -> Result<Vec<String>, String> {
        parse(text, None).map(|list| list.iter().map(|recipient| recipient.chat.to_string()).collect())
    }

    #[test]
    fn reads_csv_as_spreadsheets_write_it() {
        for text in [
            "chat_id,name\n1,Ann\n@bobby,\"B, b\"\n",
            "\u{feff}name;chat_id\r\nAnn;1\r\n\r\nBob;@bobby",
            "chat_id\n 1 \n@bobby",
            "x\tchat_id\n\t1\n\t@bobby\n",
        ] {
            assert_eq!(chats(text).unwrap(), ["1", "@bobby"], "{text:?}");
        }
    }

    #[test]
    fn reads_json_lines() {
        let text = "{\"chat_id\":-5,\"n\":1.5,\"ok\":true}\n\n {\"chat_id\":\"@bobby\",\"n\":null}\n";
        assert_eq!(chats(text).unwrap(), ["-5", "@bobby"]);
        let list = parse(text, Some(Format::JsonLines)).unwrap();
        assert_eq!((list[0].value("n"), list[0].value("ok"), list[1].line), (Some("1.5"), Some("true"), 3));
        assert_eq!((list[1].value("n"), list[1].value("ok")), (Some(""), None));
    }

    #[test]
    fn reads_a_report() {
        let header = "{\"broadcast\":1,\"bot\":\"1\",\"message\":\"aa\"}\n";
        let record = "{\"chat_id\":7,\"status\":\"failed\",\"attempts\":6}\n";
        assert_eq!(chats(&[header, record].concat()).unwrap(), ["7"]);
        assert!(chats(header).unwrap_err().contains("there are none"));
        assert!(chats(&[record, header].concat()).unwrap_err().contains("line 2"));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, part) in [
            ("", "there are none"),
            ("chat_id\n", "there are none"),
            ("id,name\n1,A\n", "no `chat_id` column; the first line names: id, name"),
            ("chat_id\n1\n\nx\n", "line 4: chat_id `x`"),
            ("chat_id,name\n1,A\n2\n", "line 3: it has 1 columns"),
            ("chat_id,name\n1,A\n,B\n", "line 3: chat_id is empty"),
            ("{\"chat_id\":1}\n{\"id\":2}", "line 2: it has no `chat_id`"),
            ("{\"chat_id\":1}\n[2]", "line 2: it is not a JSON object"),
            ("{\"chat_id\":1.5}", "line 1: chat_id `1.5`"),
            ("{\"chat_id\":1,\"n\":[]}", "line 1: `n` is not a plain value"),
        ] {
            let wrong = chats(text).unwrap_err();
            assert!(wrong.contains(part), "{text:?}: {wrong}");
        }
    }

    #[test]
    fn the_first_of_duplicates_is_kept() {
        let list = parse("chat_id,n\n1,a\n@Bobby,b\n1,c\n@bobby,d\n", None).unwrap();
        let (list, duplicates) = without_duplicates(list);
        assert_eq!((list.len(), duplicates, list[0].value("n")), (2, 2, Some("a")));
    }
}
