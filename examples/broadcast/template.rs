//! The text with its `{column}` places, and the code that fills them in.

use crate::cli::Markup;
use crate::recipients::Recipient;

/// A parsed text, ready to be filled in for each recipient.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Column(String),
}

impl Template {
    /// Parses `{column}`, `{{` and `}}`, or returns what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err("the text has a `}` without its `{`; write `}}` for a brace".to_owned());
            }
            let end = rest.find(['{', '}']).filter(|end| rest[*end..].starts_with('}'));
            let end = end.ok_or("the text has a `{` without its `}`; write `{{` for a brace")?;
            let column = rest[..end].trim();
            if column.is_empty() {
                return Err("the text has `{}`; name a column, or write `{{}}` for braces".to_owned());
            }
            parts.extend((!plain.is_empty()).then(|| Part::Text(std::mem::take(&mut plain))));
            parts.push(Part::Column(column.to_owned()));
            rest = &rest[end + 1..];
        }
        plain.push_str(rest);
        parts.extend((!plain.is_empty()).then_some(Part::Text(plain)));
        Ok(Self(parts))
    }

    /// Returns the text for `recipient`, or the column that it lacks.
    pub(crate) fn fill(&self, recipient: &Recipient, markup: Option<Markup>) -> Result<String, &str> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Column(column) => {
                    let value = recipient.value(column).ok_or(column.as_str())?;
                    escape(&mut text, value, markup);
                }
            }
        }
        Ok(text)
    }
}

/// Appends `value` so that Telegram shows it as it is: a recipient with the name `<3` must get the message, too.
fn escape(text: &mut String, value: &str, markup: Option<Markup>) {
    match markup {
        None => text.push_str(value),
        Some(Markup::Html) => {
            for character in value.chars() {
                match character {
                    '<' => text.push_str("&lt;"),
                    '>' => text.push_str("&gt;"),
                    '&' => text.push_str("&amp;"),
                    '"' => text.push_str("&quot;"),
                    other => text.push(other),
                }
            }
        }
        Some(Markup::MarkdownV2) => {
            for character in value.chars() {
                if r"_*[]()~`>#+-=|{}.!\".contains(character) {
                    text.push('\\');
                }
                text.push(character);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipients;

    fn fill(text: &str, markup: Option<Markup>) -> Result<String, String> {
        let list = recipients::parse("chat_id,name,a b\n7,<A.B>,x\n", None).unwrap();
        Template::parse(text)?.fill(&list[0], markup).map_err(|column| format!("no {column}"))
    }

    #[test]
    fn columns_are_filled_in_and_braces_escaped() {
        assert_eq!(fill("Hi {name}, {chat_id}!", None).unwrap(), "Hi <A.B>, 7!");
        assert_eq!(fill("{ a b }{a b}", None).unwrap(), "xx");
        assert_eq!(fill("{{name}} {{{name}}}", None).unwrap(), "{name} {<A.B>}");
        assert_eq!(fill("é{{", None).unwrap(), "é{");
        assert_eq!(fill("{nme}", None).unwrap_err(), "no nme");
    }

    #[test]
    fn braces_alone_are_refused() {
        for bad in ["{", "}", "{}", "{ }", "a {name", "name} b", "{a{b}", "{{}", "{}}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_escaped_for_the_markup_and_the_text_is_not() {
        assert_eq!(fill("<b>{name}</b>", Some(Markup::Html)).unwrap(), "<b>&lt;A.B&gt;</b>");
        assert_eq!(fill("*{name}*", Some(Markup::MarkdownV2)).unwrap(), r"*<A\.B\>*");
    }
}
