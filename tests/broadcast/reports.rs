//! The report: which files are reports, and which broadcast may write to one.

use std::fs;

use serde_json::{Value, json};

use super::stand_in::Options;
use super::tool::{Desk, run};
use super::{assert_refused, options, serve};

#[test]
fn a_file_that_is_no_report_is_refused_and_left_as_it_is() {
    let (desk, server) = (Desk::with_recipients(3), serve(options()));
    let record = "{\"chat_id\":1,\"status\":\"sent\",\"message_id\":5,\"attempts\":1}\n";
    for content in [
        "remember the milk",
        "\n",
        " ",
        "\0\0\0\0",
        "{",
        "{}",
        "{\"chat_id\"",
        "{\"chat_id\":7",
        "{\"chat_id\":\"",
        "{\"chat_id\": 7, \"name\": \"x\"}",
        "{\"chat_id\":7,\"name\":\"x\"}",
        "{\"chat_id\":7,\"name\":\"x",
        "{\"chat_id\": 7, \"name\": \"x\"}\n{\"chat_id\": 8, \"name\": \"y\"}",
        "chat_id,name\n1,A\n2,B",
        "[1, 2",
        &format!("{record}remember the milk"),
        &format!("{record}\n"),
        &format!("{record}\0\0"),
        &format!("{record}{{\"chat_id\": 7, \"name\": \"x\"}}"),
        &format!("\u{feff}{record}"),
        &format!("{record}{{\"broadcast\":1,\"bot\":\"1\",\"message\":\"x\"}}\n"),
        "{\"broadcast\"",
        "{\"broadcast\":1,\"bot\":1}",
        "{\"broadcast\":2,\"bot",
        "{\"broadcast\":2,\"bots\":[]}\n",
    ] {
        desk.write("report.jsonl", content);
        assert_refused(&run(desk.broadcast(&server.url(), "")), 5, "there already");
        assert_refused(&run(desk.broadcast(&server.url(), "--resume")), 5, "is not a report");
        assert_eq!(desk.read("report.jsonl"), content);
    }
    fs::write(desk.path("report.jsonl"), b"\x7fELF\xff\xfe").unwrap();
    assert_refused(&run(desk.broadcast(&server.url(), "--resume")), 5, "is not a report");
    assert_eq!(fs::read(desk.path("report.jsonl")).unwrap(), b"\x7fELF\xff\xfe");
    assert_eq!(server.tally().requests, 0);
}

#[test]
fn an_empty_file_is_a_report_that_nothing_was_written_to() {
    for args in ["", "--resume"] {
        let (desk, server) = (Desk::with_recipients(3), serve(options()));
        desk.write("report.jsonl", "");
        assert_eq!(run(desk.broadcast(&server.url(), args)).code, Some(0));
        assert_eq!((desk.chats("sent"), server.tally().accepted), (vec![1, 2, 3], 3));
    }
}

#[test]
fn a_report_of_another_message_or_another_bot_is_refused() {
    let (desk, server) = (Desk::with_recipients(3), serve(options()));
    assert_eq!(run(desk.broadcast(&server.url(), "")).code, Some(0));
    let before = desk.read("report.jsonl");
    for another in ["--text another", "--parse-mode html", "--parse-mode markdown-v2", "--silent"] {
        assert_refused(
            &run(desk.broadcast(&server.url(), &format!("{another} --resume"))),
            5,
            "another text",
        );
    }
    let mut command = desk.broadcast(&server.url(), "--resume");
    command.env("TELEGRAM_BOT_TOKEN", "111:another");
    assert_refused(&run(command), 5, "bot 987654321, and the token is of the bot 111");
    assert_eq!((desk.read("report.jsonl"), server.tally().accepted), (before, 3));
}

#[test]
fn the_same_broadcast_is_resumed_with_more_recipients_and_its_text_in_a_file() {
    let (desk, server) = (Desk::with_recipients(3), serve(options()));
    assert_eq!(run(desk.broadcast(&server.url(), "")).code, Some(0));
    desk.write("recipients.csv", "name,chat_id\nA,1\nB,2\nC,3\nD,4\n");
    desk.write("text", "Hi {name}\n");
    let mut command =
        desk.tool("--recipients recipients.csv --report report.jsonl --text-file text --resume --api-url");
    // A bot with a new token is still the same bot.
    let server = serve(Options { token: "987654321:revoked".into(), ..options() });
    command.arg(server.url()).env("TELEGRAM_BOT_TOKEN", "987654321:revoked");
    let ended = run(command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!((desk.chats("sent"), server.tally().accepted), (vec![1, 2, 3, 4], 1));
    assert!(!ended.stderr.contains("earlier version"), "{}", ended.stderr);
}

#[test]
fn the_report_names_its_broadcast_once_and_holds_no_secret() {
    let (desk, server) = (Desk::with_recipients(2), serve(options()));
    assert_eq!(run(desk.broadcast(&server.url(), "")).code, Some(0));
    desk.write("recipients.csv", "chat_id,name\n1,A\n2,B\n3,C\n");
    assert_eq!(run(desk.broadcast(&server.url(), "--resume")).code, Some(0));
    let report = desk.read("report.jsonl");
    let header: Value = serde_json::from_str(report.lines().next().unwrap()).unwrap();
    // printf '{"text":"Hi {name}"}' | sha256sum
    let message = "9f769cc0070438ff0f6f08f4718181d75b2f57cbc5fff05a06dce453640b82bf";
    assert_eq!(header, json!({"broadcast": 1, "bot": "987654321", "message": message}));
    assert_eq!((report.lines().count(), desk.report().len()), (4, 3));
    assert!(!report.contains("S3cr3t"), "{report}");
}

#[test]
fn a_report_of_an_earlier_version_is_resumed_and_said_to_name_no_message() {
    let (desk, server) = (Desk::with_recipients(3), serve(options()));
    let old = "{\"chat_id\":1,\"status\":\"sent\",\"message_id\":5,\"attempts\":1}\n";
    desk.write("report.jsonl", old);
    let ended = run(desk.broadcast(&server.url(), "--resume"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("earlier version"), "{}", ended.stderr);
    assert_eq!((desk.chats("sent"), server.tally().accepted), (vec![1, 2, 3], 2));
    assert!(desk.read("report.jsonl").starts_with(old));
}
