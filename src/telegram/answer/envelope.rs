//! The Bot API's envelope, read so leniently that an accepted message stays accepted.

use core::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The fields of an answer. All but `ok` are kept raw, so that a bad one does not fail the whole answer. If a
/// field occurs twice, the last one counts, as in most JSON parsers.
#[derive(Default)]
pub(super) struct Envelope {
    /// If it occurs several times, `true` wins: only a server that accepted the message sends it.
    pub(super) ok: Option<bool>,
    pub(super) result: Raw,
    pub(super) error_code: Raw,
    pub(super) description: Raw,
    pub(super) parameters: Raw,
}

/// The JSON text of a field, if it is present.
pub(super) type Raw = Option<Box<RawValue>>;

impl Envelope {
    /// Reads the envelope at the start of `body`. Returns `None` if there is none, or if it is incomplete.
    ///
    /// Skips a byte order mark before it and anything after it. Accepts broken UTF-8 and raw line breaks in texts:
    /// they are no reason to doubt that the message was sent.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace() || c.is_control());
        let envelope =
            first::<Self>(text).or_else(|| first(&text.replace(|c: char| c.is_ascii_control(), " ")))?;
        envelope.ok.is_some().then_some(envelope)
    }
}

/// Returns the JSON value at the start of `text`.
fn first<'t, T: Deserialize<'t>>(text: &'t str) -> Option<T> {
    T::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of the Bot API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Envelope, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(name) = fields.next_key::<String>()? {
            let field = match name.as_str() {
                "ok" => {
                    let ok: Box<RawValue> = fields.next_value()?;
                    envelope.ok = match ok.get() {
                        "true" => Some(true),
                        "false" => envelope.ok.or(Some(false)),
                        _ => envelope.ok,
                    };
                    continue;
                }
                "result" => &mut envelope.result,
                "error_code" => &mut envelope.error_code,
                "description" => &mut envelope.description,
                "parameters" => &mut envelope.parameters,
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *field = Some(fields.next_value()?);
        }
        Ok(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(body: impl AsRef<[u8]>) -> Option<bool> {
        Envelope::read(body.as_ref())?.ok
    }

    #[test]
    fn what_stands_before_and_after_does_not_matter() {
        for before in ["", "\u{feff}", " \r\n\t", "\u{feff}\u{feff}\n", "\0\u{a0}"] {
            for after in ["", "\n", "\0\0", "<!-- 0.1 s -->", "{\"ok\":false}", "}"] {
                assert_eq!(ok(format!("{before}{{\"ok\":true}}{after}")), Some(true), "{before:?} {after:?}");
            }
        }
        assert_eq!(ok("<script>{\"ok\":true}</script>"), None);
    }

    #[test]
    fn what_stands_inside_does_not_matter() {
        for inside in [
            r#""result":1,"result":2"#,
            r#""result":{"text":"\ud800"}"#,
            "\"result\":\"a\nb\tc\"",
            r#""new":{"new":{}},"new":[]"#,
            r#""result":1e999"#,
        ] {
            assert_eq!(ok(format!("{{\"ok\":true,{inside}}}")), Some(true), "{inside}");
            assert_eq!(ok(format!("{{{inside},\"ok\":true}}")), Some(true), "{inside}");
        }
        assert_eq!(ok(b"{\"ok\":true,\"result\":\"\xff\"}"), Some(true));
    }

    #[test]
    fn deep_nesting_does_not_matter() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(ok(format!("{{\"ok\":true,\"result\":{deep}}}")), Some(true));
        assert_eq!(ok(format!("{{\"ok\":true,\"new\":{deep}}}")), Some(true));
    }

    #[test]
    fn accepted_is_accepted_whatever_else_is_said() {
        assert_eq!(ok(r#"{"ok":true,"ok":false}"#), Some(true));
        assert_eq!(ok(r#"{"ok":false,"ok":true}"#), Some(true));
        assert_eq!(ok(r#"{"ok":"yes","ok":true,"ok":null}"#), Some(true));
        assert_eq!(ok(r#"{"ok":false,"ok":false}"#), Some(false));
        assert_eq!(ok(r#"{"ok":1,"ok":"true"}"#), None);
    }

    #[test]
    fn the_last_of_a_field_counts() {
        let envelope = Envelope::read(br#"{"ok":true,"result":1,"result":2}"#).unwrap();
        assert_eq!(envelope.result.unwrap().get(), "2");
    }

    #[test]
    fn half_an_answer_is_none() {
        for body in [
            "",
            "{",
            r#"{"ok":true"#,
            r#"{"ok":true,"#,
            r#"{"ok":true,"result":{"message_id":1"#,
            "[]",
            "true",
        ] {
            assert_eq!(ok(body), None, "{body}");
        }
    }
}
