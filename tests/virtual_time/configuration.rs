//! Strategies read from configuration.

use telegram_sender::strategy::{BuiltIn, Chain};

/// Reads one strategy from JSON. Returns the `Debug` text of the strategy, or the text of the error.
fn read(text: &str) -> Result<String, String> {
    serde_json::from_str::<BuiltIn>(text)
        .map(|strategy| format!("{strategy:?}"))
        .map_err(|error| error.to_string())
}

#[test]
fn each_strategy_is_what_its_constructor_makes() {
    use std::time::Duration;
    use telegram_sender::{Delay, Jitter, RateLimiter, Requeue, Retry, Timeout};

    let second = Duration::from_secs(1);
    let jitter = || Jitter::with_seed(3, second, 0.5, 7).unwrap();
    let cases: [(&str, BuiltIn); 10] = [
        (r#"{ "timeout": { "seconds": 1 } }"#, Timeout::new(second).unwrap().into()),
        (
            r#"{ "rate_limiter": { "rate": 30, "per_seconds": 1 } }"#,
            RateLimiter::new(30, second).unwrap().into(),
        ),
        (r#"{ "delay": { "seconds": 0.25 } }"#, Delay::new(second / 4).into()),
        (r#"{ "retry": { "retries": 3, "delay_seconds": 1 } }"#, Retry::new(3, second).into()),
        (
            r#"{ "retry": { "retries": 3, "delay_seconds": 1, "on_no_answer": true, "uncounted_flood_waits": true } }"#,
            Retry::new(3, second).on_no_answer().uncounted_flood_waits().into(),
        ),
        (r#"{ "jitter": { "retries": 3, "base_seconds": 1, "ratio": 0.5, "seed": 7 } }"#, jitter().into()),
        (
            r#"{ "jitter": { "retries": 3, "base_seconds": 1, "ratio": 0.5, "seed": 7, "on_no_answer": true } }"#,
            jitter().on_no_answer().into(),
        ),
        (r#"{ "requeue": { "cycles": 3 } }"#, Requeue::cycles(3).into()),
        (r#"{ "requeue": { "cycles_per_request": 3 } }"#, Requeue::cycles_per_request(3).into()),
        (r#"{ "requeue": "endless" }"#, Requeue::endless().into()),
    ];
    for (text, made) in cases {
        assert_eq!(read(text), Ok(format!("{made:?}")));
    }
    // Without a seed, the system provides one.
    let jitter = r#"{ "jitter": { "retries": 3, "base_seconds": 1, "ratio": 0.5 } }"#;
    assert_ne!(read(jitter).unwrap(), read(jitter).unwrap());
}

#[test]
fn a_wrong_configuration_is_named() {
    for (text, error) in [
        (r#"{ "timeout": { "seconds": 0 } }"#, "timeout: `timeout` must be longer than zero"),
        (r#"{ "timeout": { "seconds": -1 } }"#, "`seconds` must be a number from 0 on"),
        (r#"{ "timeout": { "millis": 5 } }"#, "unknown field `millis`, expected `seconds`"),
        (r#"{ "timeout": {} }"#, "missing field `seconds`"),
        (r#"{ "rate_limiter": { "rate": 0, "per_seconds": 1 } }"#, "rate_limiter: `rate` must be at least 1"),
        (
            r#"{ "rate_limiter": { "rate": 1, "per_seconds": 0 } }"#,
            "rate_limiter: `period` must be longer than zero",
        ),
        (
            r#"{ "jitter": { "retries": 3, "base_seconds": 1, "ratio": -1 } }"#,
            "jitter: `ratio` must be a number from 0 on",
        ),
        (r#"{ "throttle": {} }"#, "unknown variant `throttle`"),
        (r#"{ "requeue": "twice" }"#, "unknown variant `twice`"),
    ] {
        let found = read(text).unwrap_err();
        assert!(found.starts_with(error), "{text}: {found}");
    }
}

#[test]
fn a_chain_is_a_list() {
    let text = r#"[{ "timeout": { "seconds": 10 } }, { "retry": { "retries": 3, "delay_seconds": 1 } }]"#;
    let chain: Chain = serde_json::from_str(text).unwrap();
    let strategies: Vec<BuiltIn> = serde_json::from_str(text).unwrap();
    assert_eq!(format!("{chain:?}"), format!("{:?}", Chain::new(strategies)));
}

/// A strategy of a user, with arguments.
#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Mine {
    QuietHours { from: u8, to: u8 },
    Paused,
}

#[test]
fn strategies_of_ones_own_stand_among_the_built_in_ones() {
    let text = r#"[
        { "timeout": { "seconds": 10 } },
        { "quiet_hours": { "from": 22, "to": 6 } },
        { "requeue": "endless" },
        "paused"
    ]"#;
    let chain: Chain<Mine> = serde_json::from_str(text).unwrap();
    let made = Chain::default()
        .with(telegram_sender::Timeout::new(std::time::Duration::from_secs(10)).unwrap())
        .with_own(Mine::QuietHours { from: 22, to: 6 })
        .with(telegram_sender::Requeue::endless())
        .with_own(Mine::Paused);
    assert_eq!(format!("{chain:?}"), format!("{made:?}"));
    for (text, error) in [
        (r#"[{ "quiet_hours": { "from": 22 } }]"#, "missing field `to`"),
        (r#"[{ "timeout": { "seconds": 0 } }]"#, "timeout: `timeout` must be longer than zero"),
        (r#"["noisy"]"#, "unknown variant `noisy`, expected `quiet_hours` or `paused`"),
    ] {
        let found = serde_json::from_str::<Chain<Mine>>(text).unwrap_err().to_string();
        assert!(found.starts_with(error), "{text}: {found}");
    }
}
