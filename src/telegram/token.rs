//! The bot's token: checked, never shown, and removed from text that comes from outside.

use std::fmt;

use crate::error::InvalidArgument;

/// A bot's token, as [@BotFather](https://t.me/BotFather) issues it. It can't be printed.
///
/// ```
/// use telegram_sender::telegram::BotToken;
///
/// let token = BotToken::new("123456789:AAF-not_a_real_token")?;
/// assert_eq!(format!("{token:?}"), "BotToken(..)");
/// # Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[derive(Clone)]
pub struct BotToken(Box<str>);

impl BotToken {
    /// The most bytes of a token; real ones are far shorter. With the bound on a base URL, it keeps every
    /// request's URL valid.
    const LONGEST: usize = 256;

    /// Creates a token if `token` has the right form: digits, a colon, and letters, digits, `-` or `_`. Trims
    /// nothing: a token with a line break at its end is refused.
    ///
    /// # Errors
    ///
    /// Returns an error naming `token` if it has another form. The error does not show it.
    pub fn new(token: impl Into<String>) -> Result<Self, InvalidArgument> {
        let token = token.into();
        if is_token(&token) {
            Ok(Self(token.into_boxed_str()))
        } else {
            Err(InvalidArgument::new("token", "must look like `123456789:AbC-dEf_1`, as @BotFather gives it"))
        }
    }

    /// Returns the token itself, only for the path of a request.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the part after the colon. The part before it is the bot's public id.
    fn secret(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, secret)| secret)
    }

    /// Returns true if `text` contains the secret part.
    pub(super) fn is_in(&self, text: &str) -> bool {
        text.contains(self.secret())
    }

    /// Returns `text` without the token. A proxy may send back the path of the request.
    pub(super) fn scrub(&self, text: &str) -> String {
        text.replace(self.expose(), "[token]").replace(self.secret(), "[token]")
    }
}

fn is_token(token: &str) -> bool {
    let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    token.len() <= BotToken::LONGEST
        && token.split_once(':').is_some_and(|(id, secret)| {
            !id.is_empty()
                && id.bytes().all(|byte| byte.is_ascii_digit())
                && !secret.is_empty()
                && secret.bytes().all(url_safe)
        })
}

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BotToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_form_of_a_token_only() {
        assert!(BotToken::new("123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11").is_ok());
        assert!(BotToken::new("1:_").is_ok());
        for bad in [
            "", ":", "1:", ":a", "a:b", "1", "abc", "1:a\n", " 1:a", "1:a ", "1:a/b", "1:a?b", "1:a:b",
            "1:ä", "-1:a", "1:a%20", "1:a.b",
        ] {
            let error = BotToken::new(bad).unwrap_err();
            assert_eq!(error.argument(), "token");
        }
        assert!(BotToken::new(format!("1:{}", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_refused_token_is_not_shown() {
        let error = BotToken::new("123456:SECRET with a space").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }

    #[test]
    fn is_struck_out_of_text() {
        let token = BotToken::new("123456:S3CR3T").unwrap();
        assert_eq!(
            token.scrub("no route /bot123456:S3CR3T/sendMessage, or bot123456%3AS3CR3T"),
            "no route /bot[token]/sendMessage, or bot123456%3A[token]"
        );
        assert!(token.is_in("http://h/botS3CR3T") && !token.is_in("http://h/bot123456"));
        assert_eq!(format!("{token:?}"), "BotToken(..)");
    }
}
