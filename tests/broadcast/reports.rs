//! The report: what is one, which broadcast it is of, and who may write it.

use std::fs;

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
