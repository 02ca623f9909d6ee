//! Reports of earlier runs: which are accepted, and how the file changes.

use std::fs;

use super::{Claim, Header, Past};
use crate::chat::Chat;

const SENT: &str = "{\"chat_id\":1,\"status\":\"sent\",\"message_id\":9,\"attempts\":1}\n";
const FAILED: &str = "{\"chat_id\":2,\"status\":\"failed\",\"may_have_arrived\":true,\"attempts\":1}\n";

fn header() -> Header {
    Header::new("1", "aa", false)
}

/// Returns the header as a line.
fn head(header: &Header) -> String {
    serde_json::to_string(header).unwrap() + "\n"
}

fn parse(text: &str) -> Result<Past, String> {
    Past::parse(text.as_bytes(), &header())
}

fn resume(text: &[u8]) -> (Past, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report");
    fs::write(&path, text).unwrap();
    let claim = Claim::take(&path, true, header()).unwrap();
    let past = Past::parse(text, &header()).unwrap();
    drop(claim.begin().unwrap());
    (past, fs::read_to_string(&path).unwrap())
}

#[test]
fn a_torn_last_line_is_cut_off_wherever_it_is_torn() {
    let whole = [SENT, FAILED].concat();
    for end in SENT.len()..whole.len() - 1 {
        let (past, after) = resume(&whole.as_bytes()[..end]);
        assert_eq!((past.sent.len(), past.unsure.len(), after.as_str()), (1, 0, SENT), "{end}");
    }
    let (past, after) = resume(&[SENT.as_bytes(), b"{\"chat_id\":\"\xc3"].concat());
    assert_eq!((past.sent.len(), after.as_str()), (1, SENT));
}

#[test]
fn a_last_line_that_lacks_only_its_break_counts() {
    let whole = [FAILED, SENT].concat();
    let (past, after) = resume(whole.trim_end().as_bytes());
    assert_eq!((past.sent.len(), past.unsure.len(), after), (1, 1, whole));
}

#[test]
fn who_was_sent_it_later_is_sent_and_the_last_failure_counts() {
    let later = FAILED.replace("\"may_have_arrived\":true,", "");
    assert!(parse(&[FAILED, &later].concat()).unwrap().unsure.is_empty());
    let past = parse(&[SENT, &FAILED.replace(":2", ":1")].concat()).unwrap();
    assert!(past.sent.contains(&Chat::Id(1)));
}

#[test]
fn what_is_no_report_is_refused() {
    let head = head(&header());
    for bad in [
        "\n",
        "x\n{}",
        "{\"chat_id\":1}\n",
        &SENT.replace("}\n", ",\"demo\":true}\n"),
        &[SENT, &head].concat(),
        &[&head, &head, SENT].concat(),
        &[&head, "\n"].concat(),
        &[&head[..head.len() - 5], "\n"].concat(),
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_new_report_begins_with_its_header_and_an_earlier_one_is_left_without() {
    let head = head(&header());
    assert_eq!(resume(b"").1, head);
    assert_eq!(resume(head.as_bytes()).1, head);
    let (past, after) = resume(SENT.as_bytes());
    assert_eq!((past.nameless, after.as_str()), (true, SENT));
    let (past, after) = resume([&head, SENT].concat().as_bytes());
    assert_eq!((past.nameless, past.sent.len(), after), (false, 1, [&head, SENT].concat()));
}

#[test]
fn a_torn_header_is_written_anew() {
    let head = head(&header());
    let bot = "{\"broadcast\":1,\"bot\":\"".len();
    for end in bot..head.len() - 1 {
        assert_eq!(resume(&head.as_bytes()[..end]).1, head, "{end}");
    }
    assert_eq!(resume(head.trim_end().as_bytes()).1, head);
    assert!(parse(&head[..bot - 1]).is_err());
}

#[test]
fn a_line_after_the_header_may_be_torn_anywhere() {
    let head = head(&header());
    for end in 1..SENT.len() - 1 {
        assert_eq!(resume([&head, &SENT[..end]].concat().as_bytes()).1, head, "{end}");
    }
}

#[test]
fn a_report_of_another_broadcast_is_refused() {
    for (other, part) in [
        (Header::new("2", "aa", false), "from the bot 2"),
        (Header::new("1", "bb", false), "another text"),
        (Header::new("1", "aa", true), "of a demo"),
    ] {
        let wrong = parse(&[&head(&other), SENT].concat()).unwrap_err();
        assert!(wrong.contains(part), "{wrong}");
    }
    let wrong = parse("{\"broadcast\":2,\"bot\":\"1\"}\n").unwrap_err();
    assert!(wrong.contains("version 2"), "{wrong}");
}

#[test]
fn a_claim_creates_nothing_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report");
    drop(Claim::take(&path, false, header()).unwrap());
    assert!(!path.exists());
    let torn = [SENT, &FAILED[..30]].concat();
    fs::write(&path, &torn).unwrap();
    drop(Claim::take(&path, true, header()).unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), torn);
}

#[test]
fn a_report_that_another_process_has_written_meanwhile_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report");
    for resume in [false, true] {
        let late = Claim::take(&path, resume, header()).unwrap();
        drop(Claim::take(&path, resume, header()).unwrap().begin().unwrap());
        let before = fs::read_to_string(&path).unwrap();
        let refusal = late.begin().err().unwrap().to_string();
        assert!(refusal.contains("meanwhile"), "{refusal}");
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
        fs::remove_file(&path).unwrap();
    }
}
