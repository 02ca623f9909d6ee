//! The bot's token, from the environment or a file. It is never an argument, because other users can see those.

use std::env::{self, VarError};
use std::fs;
use std::path::Path;

use telegram_sender::error::InvalidArgument;
use telegram_sender::telegram::BotToken;

use crate::failure::{Blame, Failure};

const VARIABLE: &str = "TELEGRAM_BOT_TOKEN";

/// A bot that messages are sent from.
pub(crate) struct Bot {
    /// Its public id, the digits before the token's colon.
    pub(crate) id: String,
    pub(crate) token: BotToken,
}

impl Bot {
    pub(crate) fn new(token: &str) -> Result<Self, InvalidArgument> {
        let id = token.split(':').next().unwrap_or_default().to_owned();
        // Text of another form is refused here, so the part before the colon is never a secret.
        Ok(Self { token: BotToken::new(token)?, id })
    }
}

/// Returns the bot of the given token, if there is one. A named file takes precedence over the environment.
///
/// Refuses a variable that is set but empty: it is a secret that was not filled in.
pub(crate) fn find(file: Option<&Path>) -> Result<Option<Bot>, Failure> {
    let fail = |message: String| Failure::new(Blame::Token, message);
    let (text, origin) = match file {
        Some(path) => {
            let name = path.display();
            let text = fs::read_to_string(path)
                .map_err(|error| fail(format!("can't read the token in `{name}`: {error}")))?;
            (text, format!("in `{name}`"))
        }
        None => match env::var(VARIABLE) {
            Ok(text) => (text, format!("in {VARIABLE}")),
            Err(VarError::NotPresent) => return Ok(None),
            Err(VarError::NotUnicode(_)) => return Err(fail(format!("{VARIABLE} holds no token"))),
        },
    };
    if text.trim().is_empty() {
        return Err(fail(format!("the token {origin} is empty")));
    }
    Bot::new(text.trim())
        .map(Some)
        .map_err(|wrong| fail(format!("the token {origin} can't be used: {wrong}")))
}

pub(crate) fn missing() -> Failure {
    Failure::new(
        Blame::Token,
        format!(
            "there is no token; put it into {VARIABLE} or name a --token-file; --demo shows how it works without one"
        ),
    )
}
