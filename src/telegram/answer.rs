//! Reads an answer of the Bot API, and forgives all that can be forgiven: an accepted message stays accepted.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::TelegramError;
use super::rejection::TelegramRejection;
use super::token::BotToken;

/// The Bot API's envelope. All but `ok` is kept raw, so that none of it can fail the whole.
#[derive(Deserialize)]
struct Envelope {
    ok: bool,
    result: Option<Box<RawValue>>,
    error_code: Option<Box<RawValue>>,
    description: Option<Box<RawValue>>,
    parameters: Option<Box<RawValue>>,
}

/// The `result` of the answer, or the rejection that it is. `status` counts only for what is not the Bot API's.
pub(super) fn read(
    status: u16,
    body: &[u8],
    token: &BotToken,
) -> Result<Result<Box<RawValue>, TelegramRejection>, TelegramError> {
    // Broken UTF-8 somewhere in a message is no reason to doubt that it was sent.
    let body = String::from_utf8_lossy(body);
    let Ok(envelope) = serde_json::from_str::<Envelope>(&body) else {
        let fine = (200..300).contains(&status);
        return Err(if fine { TelegramError::Malformed } else { TelegramError::Status(status) });
    };
    Ok(if envelope.ok {
        Ok(envelope.result.unwrap_or_else(null))
    } else {
        Err(rejection(status, &envelope, token))
    })
}

fn null() -> Box<RawValue> {
    RawValue::from_string("null".into()).expect("null is JSON")
}

fn rejection(status: u16, envelope: &Envelope, token: &BotToken) -> TelegramRejection {
    let parameters: Parameters = lenient(envelope.parameters.as_deref()).unwrap_or_default();
    let description = lenient::<String>(envelope.description.as_deref());
    TelegramRejection {
        code: lenient(envelope.error_code.as_deref()).unwrap_or(status),
        description: description.map_or_else(|| "no description".into(), |text| token.scrub(&text)),
        retry_after: lenient(parameters.retry_after.as_deref()).map(Duration::from_secs),
        migrate_to_chat_id: lenient(parameters.migrate_to_chat_id.as_deref()),
    }
}

#[derive(Deserialize, Default)]
struct Parameters {
    retry_after: Option<Box<RawValue>>,
    migrate_to_chat_id: Option<Box<RawValue>>,
}

fn lenient<T: DeserializeOwned>(raw: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Result<String, TelegramRejection>, TelegramError> {
        let token = BotToken::new("123:S3CR3T").unwrap();
        read(status, body.as_bytes(), &token).map(|answer| answer.map(|raw| raw.get().to_owned()))
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
        let token = BotToken::new("123:S3CR3T").unwrap();
        assert!(read(200, b"{\"ok\":true,\"result\":\"\xff\"}", &token).unwrap().is_ok());
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
