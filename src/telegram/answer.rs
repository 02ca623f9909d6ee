//! Reads an answer of the Bot API leniently: an accepted message stays accepted, whatever else the answer
//! contains.

mod envelope;

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use self::envelope::{Envelope, Raw};
use super::error::TelegramError;
use super::http::Answer;
use super::rejection::TelegramRejection;
use super::token::BotToken;

/// Returns the `result` of the answer, or its rejection. Uses the status only for what the body does not say.
pub(super) fn read(
    answer: Answer,
    token: &BotToken,
) -> Result<Result<Box<RawValue>, TelegramRejection>, TelegramError> {
    let Answer { status, body, cut } = answer;
    let Some(envelope) = Envelope::read(&body) else {
        let fine = (200..300).contains(&status);
        return Err(cut.unwrap_or(if fine {
            TelegramError::Malformed
        } else {
            TelegramError::Status(status)
        }));
    };
    Ok(if envelope.ok == Some(true) {
        Ok(envelope.result.unwrap_or_else(null))
    } else {
        Err(rejection(status, &envelope, token))
    })
}

fn null() -> Box<RawValue> {
    RawValue::from_string("null".into()).expect("null is JSON")
}

fn rejection(status: u16, envelope: &Envelope, token: &BotToken) -> TelegramRejection {
    let parameters: Parameters = lenient(&envelope.parameters).unwrap_or_default();
    let description = lenient::<String>(&envelope.description);
    TelegramRejection {
        code: code(&envelope.error_code).unwrap_or(status),
        description: description.map_or_else(|| "no description".into(), |text| token.scrub(&text)),
        retry_after: lenient(&parameters.retry_after).map(Duration::from_secs),
        migrate_to_chat_id: lenient(&parameters.migrate_to_chat_id),
    }
}

#[derive(Deserialize, Default)]
struct Parameters {
    retry_after: Raw,
    migrate_to_chat_id: Raw,
}

fn lenient<T: DeserializeOwned>(raw: &Raw) -> Option<T> {
    serde_json::from_str(raw.as_deref()?.get()).ok()
}

/// Parses a code, also one written as a string or with a fraction of zero.
fn code(raw: &Raw) -> Option<u16> {
    let digits = raw.as_deref()?.get().trim_matches('"').trim();
    digits.strip_suffix(".0").unwrap_or(digits).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Result<String, TelegramRejection>, TelegramError> {
        let token = BotToken::new("123:S3CR3T").unwrap();
        let answer = Answer { status, body: body.as_bytes().to_vec(), cut: None };
        read(answer, &token).map(|answer| answer.map(|raw| raw.get().to_owned()))
    }

    #[test]
    fn ok_is_accepted_whatever_else_there_is() {
        for (body, result) in [
            (r#"{"ok":true,"result":{"message_id":1}}"#, r#"{"message_id":1}"#),
            (r#"{"ok":true}"#, "null"),
            (r#"{"ok":true,"result":null,"new":1}"#, "null"),
            (r#" {"result":[],"description":[1],"error_code":"x","parameters":7,"ok":true} "#, "[]"),
        ] {
            assert_eq!(answer(200, body), Ok(Ok(result.into())));
            assert_eq!(answer(502, body), Ok(Ok(result.into())));
        }
    }

    #[test]
    fn not_ok_is_a_rejection_whatever_else_there_is() {
        let body =
            r#"{"ok":false,"error_code":429,"description":"Slow down","parameters":{"retry_after":7}}"#;
        let rejection = answer(429, body).unwrap().unwrap_err();
        assert_eq!((rejection.code, rejection.retry_after), (429, Some(Duration::from_secs(7))));

        let body = r#"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1001234567890123}}"#;
        let rejection = answer(200, body).unwrap().unwrap_err();
        assert_eq!((rejection.code, rejection.migrate_to_chat_id), (400, Some(-1_001_234_567_890_123)));

        let body = r#"{"ok":false,"error_code":"x","description":7,"parameters":{"retry_after":"soon"}}"#;
        assert_eq!(answer(418, body), Ok(Err(TelegramRejection::new(418, "no description"))));
    }

    #[test]
    fn a_code_that_is_not_given_is_the_status() {
        for (status, body, code) in [
            (200, r#"{"ok":false}"#, 200),
            (502, r#"{"ok":false}"#, 502),
            (403, r#"{"ok":false,"error_code":null}"#, 403),
            (200, r#"{"ok":false,"error_code":"502"}"#, 502),
            (200, r#"{"ok":false,"error_code":502.0}"#, 502),
            (200, r#"{"ok":false,"error_code":-1}"#, 200),
            (200, r#"{"ok":false,"error_code":70000}"#, 200),
        ] {
            assert_eq!(answer(status, body).unwrap().unwrap_err().code, code, "{body}");
        }
    }

    #[test]
    fn an_answer_that_was_cut_counts_if_it_says_enough() {
        let token = BotToken::new("123:S3CR3T").unwrap();
        let why = TelegramError::TooLarge(1);
        let cut = |body: &str| {
            let answer = Answer { status: 200, body: body.as_bytes().to_vec(), cut: Some(why.clone()) };
            read(answer, &token).map(|answer| answer.is_ok())
        };
        assert_eq!(cut(r#"{"ok":true,"result":{}}"#), Ok(true));
        assert_eq!(cut(r#"{"ok":false,"error_code":400}"#), Ok(false));
        assert_eq!(cut(r#"{"ok":true,"result":{"#), Err(why.clone()));
    }

    #[test]
    fn the_token_is_struck_out_of_descriptions() {
        let body = r#"{"ok":false,"error_code":404,"description":"no /bot123:S3CR3T/x, \u0053\u0033CR3T"}"#;
        let rejection = answer(404, body).unwrap().unwrap_err();
        assert_eq!(rejection.description, "no /bot[token]/x, [token]");
    }

    #[test]
    fn anything_else_is_no_answer() {
        for body in ["", "<html>", "{}", "[]", r#"{"ok":"true"}"#, r#"{"ok":true"#] {
            assert_eq!(answer(200, body), Err(TelegramError::Malformed), "{body}");
            assert_eq!(answer(502, body), Err(TelegramError::Status(502)), "{body}");
        }
    }
}
