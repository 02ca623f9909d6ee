//! The message to each recipient: the filled-in text as a request.

use std::fs;

use telegram_sender::telegram::MessageRequest;

use crate::cli::{Args, Markup};
use crate::failure::{Blame, Failure};
use crate::fingerprint::fingerprint;
use crate::recipients::Recipient;
use crate::template::Template;

/// Telegram's limit, counted in UTF-16 units after it has parsed the markup.
const LONGEST_TEXT: usize = 4096;

/// The message of the broadcast.
pub(crate) struct Message {
    template: Template,
    markup: Option<Markup>,
    silent: bool,
    fingerprint: String,
}

impl Message {
    /// Reads the message that the arguments ask for. If they name no text, it is `default`.
    pub(crate) fn read(args: &Args, default: Option<&str>) -> Result<Self, Failure> {
        let fail = |message: String| Failure::new(Blame::Text, message);
        let text = match (&args.text, &args.text_file, default) {
            (Some(text), _, _) => text.clone(),
            (None, Some(path), _) => fs::read_to_string(path)
                .map_err(|error| fail(format!("can't read the text in `{}`: {error}", path.display())))?,
            (None, None, Some(text)) => text.to_owned(),
            (None, None, None) => {
                return Err(Failure::new(
                    Blame::Arguments,
                    "give the text with --text or --text-file; try --help",
                ));
            }
        };
        if text.trim().is_empty() {
            return Err(fail("the text is empty".to_owned()));
        }
        let template = Template::parse(&text).map_err(fail)?;
        let fingerprint = fingerprint(&text, args.parse_mode, args.silent)
            .map_err(|wrong| fail(format!("the text can't be used: {wrong}")))?;
        Ok(Self { template, markup: args.parse_mode, silent: args.silent, fingerprint })
    }

    /// Returns the hash that distinguishes it from other messages.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns the request for `recipient`, or why it can't be made.
    pub(crate) fn request(&self, recipient: &Recipient) -> Result<MessageRequest, Failure> {
        let line = recipient.line;
        let fail = |wrong: String| Failure::new(Blame::Text, format!("{wrong} (recipient in line {line})"));
        let text = self.template.fill(recipient, self.markup).map_err(|column| {
            let columns = recipient.columns();
            fail(format!("the text names {{{column}}}, but the columns are: {columns}"))
        })?;
        // With markup, only Telegram knows how long the parsed text is.
        let length = text.encode_utf16().count();
        if self.markup.is_none() && length > LONGEST_TEXT {
            return Err(fail(format!(
                "the text is {length} characters long, and Telegram takes {LONGEST_TEXT}"
            )));
        }
        let request = MessageRequest::text(&recipient.chat, text)
            .map_err(|wrong| fail(format!("no message can be made of the text: {wrong}")))?
            .silent(self.silent);
        Ok(match self.markup {
            Some(markup) => request.parse_mode(markup.parse_mode()),
            None => request,
        })
    }
}
