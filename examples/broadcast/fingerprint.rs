//! The fingerprint of a message: distinguishes messages in reports, without the text itself.

use std::fmt::Write;

use ring::digest::{SHA256, digest};
use serde::Serialize;

use crate::cli::Markup;

/// The parts of a message that change what arrives.
///
/// A new option must be skipped while it is unused, so that earlier reports keep their fingerprint.
#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent: Option<bool>,
}

/// Returns the SHA-256 of a message before it is filled in, in hexadecimal digits.
///
/// White space at the end does not count. Telegram strips it, and a file ends with a line break that `--text` lacks.
pub(crate) fn fingerprint(text: &str, markup: Option<Markup>, silent: bool) -> serde_json::Result<String> {
    let parse_mode = markup.map(|markup| match markup {
        Markup::Html => "HTML",
        Markup::MarkdownV2 => "MarkdownV2",
    });
    let content = Content { text: text.trim_end(), parse_mode, silent: silent.then_some(true) };
    let hash = digest(&SHA256, &serde_json::to_vec(&content)?);
    let mut digits = String::new();
    for byte in hash.as_ref() {
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_message_changes_its_fingerprint() {
        let all = [
            fingerprint("Hi {name}", None, false).unwrap(),
            fingerprint("Hi  {name}", None, false).unwrap(),
            fingerprint(" Hi {name}", None, false).unwrap(),
            fingerprint("Hi {name}", Some(Markup::Html), false).unwrap(),
            fingerprint("Hi {name}", Some(Markup::MarkdownV2), false).unwrap(),
            fingerprint("Hi {name}", None, true).unwrap(),
            fingerprint("Hi {name}\",\"silent\":true}", None, false).unwrap(),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(fingerprint("Hi {name}\r\n", None, false).unwrap(), all[0]);
    }

    /// Reports are kept, so the fingerprint must not change from one version to the next.
    #[test]
    fn it_is_the_same_for_ever() {
        // printf '{"text":"Hi {name}"}' | sha256sum
        let expected = "9f769cc0070438ff0f6f08f4718181d75b2f57cbc5fff05a06dce453640b82bf";
        assert_eq!(fingerprint("Hi {name}", None, false).unwrap(), expected);
        // printf '{"text":"Hi","parse_mode":"HTML","silent":true}' | sha256sum
        let expected = "63f99d14f40bb1b281798b72cad4c01aaf13f68602ff8c6dbf26fb189da14258";
        assert_eq!(fingerprint("Hi", Some(Markup::Html), true).unwrap(), expected);
    }
}
