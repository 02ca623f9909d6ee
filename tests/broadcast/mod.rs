//! The broadcast example, run as its users run it, against a stand-in of the Bot API in this process. Each runtime
//! has its own binary, which names the runtime.

mod demo;
mod gate;
mod one_at_a_time;
mod reports;
#[path = "../../examples/stand_in/mod.rs"]
mod stand_in;
mod tool;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use stand_in::{Limits, Options, StandIn};
use tool::{Desk, Ended, LIMIT, TOKEN, run, start};

fn options() -> Options {
    Options { limits: Limits::none(), ..Options::new(TOKEN) }
}

fn serve(options: Options) -> StandIn {
    smol::block_on(StandIn::start(options)).expect("a port of the loopback")
}

fn chats<const N: usize>(chats: [&str; N]) -> HashSet<String> {
    chats.map(str::to_owned).into()
}

fn numbers(from: u64, to: u64) -> Vec<u64> {
    (from..=to).collect()
}

/// Asserts that the tool ended with `code`, one line on stderr that holds `part`, and nothing on stdout.
fn assert_refused(ended: &Ended, code: i32, part: &str) {
    let Ended { stdout, stderr, .. } = ended;
    assert_eq!(ended.code, Some(code), "{stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains(part), "no `{part}` in: {stderr}");
    assert_eq!((stderr.lines().count(), stdout.as_str()), (1, ""), "{stderr}");
}

#[test]
fn all_are_sent_their_text_and_reported() {
    let (desk, server) = (Desk::with_recipients(5), serve(options()));
    let ended = run(desk.broadcast(&server.url(), ""));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("5 of 5 sent"), "{}", ended.stdout);
    assert_eq!(desk.report()[0], json!({"chat_id": 1, "status": "sent", "message_id": 1, "attempts": 1}));
    assert_eq!(desk.chats("sent"), numbers(1, 5));
    let tally = server.tally();
    assert_eq!((tally.accepted, tally.duplicates(), tally.texts["3"].as_str()), (5, 0, "Hi Name3"));
}

#[test]
fn lists_and_texts_come_from_many_places() {
    let (desk, server) = (Desk::new(), serve(options()));
    desk.write(
        "list.jsonl",
        "{\"chat_id\": 7, \"who\": \"<3\"}\n{\"chat_id\": \"@a_channel\", \"who\": true}\n",
    );
    desk.write("text.html", "<b>{who}</b> {{}}\n");
    desk.write("token", &format!("{TOKEN}\n"));
    let mut command = desk.tool("--recipients list.jsonl --text-file text.html --parse-mode html --silent");
    command.args(["--token-file", "token", "--api-url", &server.url()]).env_remove("TELEGRAM_BOT_TOKEN");
    assert_eq!(run(command).code, Some(0));
    let mut command = desk.tool("--recipients - --text hi --api-url");
    let mut child = command.arg(server.url()).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"chat_id\n8\n9\n8\n").unwrap();
    assert!(child.wait().unwrap().success());
    let tally = server.tally();
    assert_eq!(tally.texts["7"].trim_end(), "<b>&lt;3</b> {}");
    assert_eq!(
        (tally.accepted, tally.duplicates(), tally.texts["@a_channel"].trim_end()),
        (4, 0, "<b>true</b> {}")
    );
}

#[test]
fn the_rejected_are_asked_once_and_summed_up() {
    let desk = Desk::with_recipients(6);
    let server = serve(Options { blocked: chats(["2", "3"]), not_found: chats(["5"]), ..options() });
    let ended = run(desk.broadcast(&server.url(), ""));
    assert_eq!(ended.code, Some(1));
    for part in [
        "3 of 6 sent",
        "2 × 403 Forbidden: bot was blocked by the user",
        "1 × 400 Bad Request: chat not found",
    ] {
        assert!(ended.stdout.contains(part), "{}", ended.stdout);
    }
    let report = desk.report();
    let reason = "Forbidden: bot was blocked by the user";
    assert_eq!(
        report[1],
        json!({"chat_id": 2, "status": "rejected", "code": 403, "reason": reason, "attempts": 1})
    );
    assert_eq!((report.len(), server.tally().messages), (6, 6));
}

#[test]
fn a_flood_wait_is_waited_for_and_the_message_sent_again() {
    let desk = Desk::with_recipients(4);
    let server = serve(Options { floods: vec![(2, Duration::from_millis(700))], ..options() });
    let ended = run(desk.broadcast(&server.url(), ""));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("flood wait: the server asks for 1s"), "{}", ended.stderr);
    let attempts: Vec<_> = desk.report().iter().map(|record| record["attempts"].clone()).collect();
    assert_eq!(attempts, [1, 1, 2, 1]);
    assert_eq!((server.tally().flood_waits, server.tally().duplicates()), (1, 0));
}

#[test]
fn bad_input_is_refused_before_anything_happens() {
    let (desk, server) = (Desk::with_recipients(3), serve(options()));
    desk.write("empty", "");
    desk.write("header.csv", "chat_id,name\n");
    desk.write("bad.csv", "chat_id,name\n1,A\n+49170,B\n");
    desk.write("no_id.csv", "id,name\n1,A\n");
    desk.write("garbage.jsonl", "not a report\nat all\n");
    desk.write("long", &"x".repeat(4097));
    fs::create_dir(desk.path("dir")).unwrap();
    let good = "--recipients recipients.csv --text hi";
    for (args, code, part) in [
        (format!("{good} --rate 0/1"), 2, "--rate"),
        (format!("{good} --timeout 0"), 2, "--timeout"),
        (format!("{good} --text-file empty"), 2, "--text"),
        (format!("{good} --resume"), 2, "--report"),
        (format!("{good} --nonsense"), 2, "--nonsense"),
        (format!("{good} --runtime nonsense"), 2, "smol or tokio"),
        ("--text hi".into(), 2, "--recipients"),
        ("--recipients recipients.csv".into(), 2, "--text"),
        (
            "--recipients recipients.csv --text {nme}".into(),
            3,
            "names {nme}, but the columns are: chat_id, name",
        ),
        ("--recipients recipients.csv --text {name".into(), 3, "without its `}`"),
        ("--recipients recipients.csv --text-file empty".into(), 3, "empty"),
        ("--recipients recipients.csv --text-file long".into(), 3, "4097 characters"),
        ("--recipients recipients.csv --text-file missing".into(), 3, "missing"),
        ("--recipients missing --text hi".into(), 4, "missing"),
        ("--recipients empty --text hi".into(), 4, "none"),
        ("--recipients header.csv --text hi".into(), 4, "none"),
        ("--recipients bad.csv --text hi".into(), 4, "line 3: chat_id `+49170`"),
        ("--recipients no_id.csv --text hi".into(), 4, "no `chat_id` column"),
        (format!("{good} --report garbage.jsonl"), 5, "--resume"),
        (format!("{good} --report garbage.jsonl --resume"), 5, "line 1"),
        (format!("{good} --report dir"), 5, "dir"),
        (format!("{good} --report nowhere/report"), 5, "nowhere"),
        (format!("{good} --token-file missing"), 6, "missing"),
        (format!("{good} --token-file empty"), 6, "empty"),
        (format!("{good} --token-file long"), 6, "can't be used"),
    ] {
        let mut command = desk.tool(&args);
        command.args(["--api-url", &server.url()]);
        assert_refused(&run(command), code, part);
    }
    assert_refused(&run(desk.broadcast("ftp://nowhere", "")), 2, "--api-url");
    assert_eq!(server.tally().messages, 0);
    assert_eq!(desk.read("garbage.jsonl"), "not a report\nat all\n");
    assert!(!desk.path("report.jsonl").exists());
}

#[test]
fn a_token_that_is_missing_or_wrong_and_a_server_that_is_not_there() {
    let (desk, server) = (Desk::with_recipients(3), serve(Options::new("1:another")));
    let mut command = desk.broadcast(&server.url(), "");
    command.env_remove("TELEGRAM_BOT_TOKEN");
    assert_refused(&run(command), 6, "TELEGRAM_BOT_TOKEN");
    let mut command = desk.broadcast(&server.url(), "");
    command.env("TELEGRAM_BOT_TOKEN", "");
    assert_refused(&run(command), 6, "empty");
    assert_refused(&run(desk.broadcast(&server.url(), "")), 6, "(401 Unauthorized)");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    assert_refused(&run(desk.broadcast(&silent, "--timeout 0.2")), 7, "did not answer");
    // No test's server listens on this port.
    assert_refused(&run(desk.broadcast("http://127.0.0.1:9", "")), 7, "could not connect");
    assert_eq!((server.tally().requests, server.tally().messages), (1, 0));
    assert!(!desk.path("report.jsonl").exists());
}

#[test]
fn killed_again_and_again_it_misses_nobody() {
    let (desk, server) = (Desk::with_recipients(60), serve(options()));
    let mut written = Vec::new();
    for (kills, messages) in [10, 20, 30, 40].into_iter().enumerate() {
        let running = start(desk.broadcast(&server.url(), "--rate 1/0.02 --resume"));
        server.wait_until(LIMIT, |tally| tally.accepted >= messages).expect("messages");
        running.signal("KILL");
        assert_eq!(running.end().code, None);
        // The next run cuts off a torn line.
        let report = desk.read("report.jsonl");
        let whole =
            report.lines().filter(|line| line.starts_with("{\"chat_id\"") && line.ends_with('}')).count();
        // Each kill can lose one line, whose message the next run sends again.
        assert!((messages - kills - 1..60).contains(&whole), "{whole} lines");
        written.push(whole);
    }
    assert!(written.is_sorted(), "{written:?}");
    let ended = run(desk.broadcast(&server.url(), "--resume"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(desk.chats("sent"), numbers(1, 60));
    let tally = server.tally();
    assert!(tally.chats.len() == 60 && tally.duplicates() <= 4, "{tally}");
}

#[test]
fn a_torn_last_line_is_cut_off_and_sent_again() {
    let (desk, server) = (Desk::with_recipients(3), serve(options()));
    let whole = "{\"chat_id\":1,\"status\":\"sent\",\"message_id\":5,\"attempts\":1}\n";
    desk.write("report.jsonl", &format!("{whole}{}", &whole.replace(":1", ":2")[..25]));
    let before = desk.read("report.jsonl");
    assert_refused(&run(desk.broadcast(&server.url(), "")), 5, "--resume");
    assert_eq!(desk.read("report.jsonl"), before);
    assert_eq!(run(desk.broadcast(&server.url(), "--resume")).code, Some(0));
    assert_eq!(desk.chats("sent"), [1, 2, 3]);
    assert_eq!(server.tally().chats.into_keys().collect::<Vec<_>>(), ["2", "3"]);
    let ended = run(desk.broadcast(&server.url(), "--resume"));
    assert!(ended.code == Some(0) && ended.stderr.contains("nothing is left"), "{}", ended.stderr);
    assert_eq!(server.tally().accepted, 2);
}

#[test]
fn ctrl_c_drains_and_the_rest_is_sent_later() {
    let (desk, server) = (Desk::with_recipients(60), serve(options()));
    let running = start(desk.broadcast(&server.url(), "--rate 1/0.02"));
    server.wait_until(LIMIT, |tally| tally.accepted >= 10).expect("10 messages");
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stdout.contains("--resume"), "{}", ended.stdout);
    let sent = desk.chats("sent");
    assert!(sent.len() >= 10 && sent.len() < 60);
    assert_eq!(
        (desk.report().len(), server.tally().accepted),
        (sent.len(), sent.len()),
        "all that was sent is there"
    );
    assert_eq!(run(desk.broadcast(&server.url(), "--resume")).code, Some(0));
    assert_eq!(desk.chats("sent"), numbers(1, 60));
    assert_eq!(server.tally().duplicates(), 0);
}

#[test]
fn a_second_ctrl_c_stops_at_once() {
    let desk = Desk::with_recipients(60);
    let server = serve(Options { latency: 10 * LIMIT, ..options() });
    let mut running = start(desk.broadcast(&server.url(), "--timeout 3600"));
    server.wait_until(LIMIT, |tally| tally.accepted == 1).expect("a message");
    running.signal("INT");
    running.until_it_says("interrupted");
    running.signal("INT");
    assert_eq!(running.end().code, Some(130));
    let report = desk.report();
    assert_eq!(
        (report.len(), &report[0]["status"], &report[0]["may_have_arrived"]),
        (1, &json!("failed"), &Value::Bool(true))
    );
    // The message did arrive. `--skip-unsure` does not send it twice; exit code 1 says that not all are surely sent.
    let server = serve(options());
    let ended = run(desk.broadcast(&server.url(), "--resume --skip-unsure"));
    assert_eq!((ended.code, desk.chats("sent")), (Some(1), numbers(2, 60)));
    assert_eq!(run(desk.broadcast(&server.url(), "--resume")).code, Some(0));
    assert_eq!((server.tally().chats.len(), server.tally().duplicates()), (60, 0));
}

#[test]
fn a_server_that_dies_costs_a_few_failures_and_not_the_list() {
    let (desk, server) = (Desk::with_recipients(500), serve(options()));
    let running = start(desk.broadcast(&server.url(), "--rate 1/0.01 --retries 0"));
    server.wait_until(LIMIT, |tally| tally.accepted >= 10).expect("10 messages");
    let first = smol::block_on(server.stop());
    let ended = running.end();
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(ended.stderr.contains("error: gave up"), "{}", ended.stderr);
    assert!(ended.stdout.contains("--resume"), "{}", ended.stdout);
    assert!((1..=4).contains(&desk.chats("failed").len()), "{:?}", desk.chats("failed"));
    let server = serve(options());
    assert_eq!(run(desk.broadcast(&server.url(), "--resume")).code, Some(0));
    let (sent, second) = (desk.chats("sent"), server.tally());
    assert_eq!(sent.iter().collect::<HashSet<_>>().len(), 500);
    // The recipient in flight when the server died may get the message twice. No other one may.
    assert!(first.accepted + second.accepted <= 501, "{first}; {second}");
}

#[test]
fn a_report_that_can_not_be_written_stops_the_broadcast_before_it_begins() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let (desk, server) = (Desk::with_recipients(50), serve(options()));
    assert_refused(&run(desk.broadcast(&server.url(), "--report /dev/full")), 5, "/dev/full");
    assert_eq!(server.tally().messages, 0);
}

#[test]
fn a_report_that_can_not_be_written_any_more_stops_the_broadcast() {
    let (desk, server) = (Desk::with_recipients(500), serve(options()));
    let pipe = desk.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    let reader = thread::spawn(move || {
        let mut lines = BufReader::new(File::open(pipe).expect("the pipe")).lines();
        lines.by_ref().take(3).count()
    });
    let ended = run(desk.broadcast(&server.url(), "--report pipe --rate 1/0.02"));
    assert_eq!((ended.code, reader.join().expect("lines")), (Some(5), 3), "{}", ended.stderr);
    assert!(ended.stderr.contains("`pipe`") && ended.stderr.contains("is not in it"), "{}", ended.stderr);
    assert!((2..250).contains(&server.tally().accepted), "{}", server.tally());
}
