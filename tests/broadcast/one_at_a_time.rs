//! A report has at most one broadcast at once, however the second one is started.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::thread;

use super::gate::gate;
use super::stand_in::{Options, StandIn};
use super::tool::{Desk, LIMIT, Running, run, start};
use super::{assert_refused, numbers, options, serve};

/// Starts a server that takes messages and does not answer.
fn silent() -> StandIn {
    serve(Options { latency: 10 * LIMIT, ..options() })
}

/// Starts a broadcast and waits until the server has its first message.
fn at_work(desk: &Desk, server: &StandIn, args: &str) -> Running {
    let before = server.accepted();
    let running = start(desk.broadcast(&server.url(), args));
    server.wait_until(LIMIT, |tally| tally.accepted > before).expect("a message");
    running
}

#[test]
fn a_second_broadcast_with_the_report_is_refused_and_told_who_has_it() {
    let (desk, server) = (Desk::with_recipients(5), silent());
    fs::create_dir(desk.path("dir")).unwrap();
    symlink("../report.jsonl", desk.path("dir/link.jsonl")).unwrap();
    let first = at_work(&desk, &server, "");
    fs::hard_link(desk.path("report.jsonl"), desk.path("hard.jsonl")).unwrap();
    let before = desk.read("report.jsonl");
    let absolute = desk.path("report.jsonl");
    for report in
        ["report.jsonl", "./dir/../report.jsonl", "dir/link.jsonl", "hard.jsonl", absolute.to_str().unwrap()]
    {
        for args in ["", "--resume", "--resume --text another"] {
            let second = run(desk.broadcast(&server.url(), &format!("--report {report} {args}")));
            assert_refused(&second, 5, &format!("in use by process {}", first.id()));
        }
    }
    assert_eq!((desk.read("report.jsonl"), server.tally().accepted), (before, 1));
    first.signal("KILL");
    first.end();
}

#[test]
fn of_those_that_find_no_report_one_sends() {
    for args in ["", "--resume"] {
        let (desk, server) = (Desk::with_recipients(5), serve(options()));
        // All three have seen that there is no report before the first of them reaches the server.
        let url = gate(3, &server.url());
        let running: Vec<_> = (0..3).map(|_| start(desk.broadcast(&url, args))).collect();
        let ended: Vec<_> = running.into_iter().map(Running::end).collect();
        let (refused, sent): (Vec<_>, Vec<_>) = ended.iter().partition(|ended| ended.code != Some(0));
        assert_eq!((refused.len(), sent.len()), (2, 1), "{args}");
        for ended in refused {
            assert_refused(ended, 5, "process");
        }
        assert_eq!((desk.chats("sent"), server.tally().accepted), (numbers(1, 5), 5));
    }
}

#[test]
fn of_those_that_find_an_empty_report_one_sends() {
    let (desk, server) = (Desk::with_recipients(5), silent());
    desk.write("report.jsonl", "");
    let first = at_work(&desk, &server, "");
    assert_refused(&run(desk.broadcast(&server.url(), "")), 5, &format!("process {}", first.id()));
    assert_eq!(server.tally().accepted, 1);
    first.signal("KILL");
    first.end();
}

#[test]
fn a_report_is_free_again_when_its_process_is_killed() {
    let (desk, server) = (Desk::with_recipients(5), silent());
    for args in ["", "--resume"] {
        let running = at_work(&desk, &server, args);
        running.signal("KILL");
        assert_eq!(running.end().code, None);
    }
    let server = serve(options());
    assert_eq!(run(desk.broadcast(&server.url(), "--resume")).code, Some(0));
    assert_eq!(desk.chats("sent"), numbers(1, 5));
    let mut left: Vec<_> =
        fs::read_dir(desk.path(".")).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["recipients.csv", "report.jsonl"], "nothing else is left behind");
}

#[test]
fn a_report_that_is_also_the_list_stays_locked() {
    let (desk, server) =
        (Desk::with_recipients(3), serve(Options { blocked: super::chats(["2"]), ..options() }));
    assert_eq!(run(desk.broadcast(&server.url(), "--text hi")).code, Some(1));
    let server = silent();
    let first = at_work(&desk, &server, "--recipients report.jsonl --text hi --resume");
    let second = run(desk.broadcast(&server.url(), "--text hi --resume"));
    assert_refused(&second, 5, &format!("process {}", first.id()));
    first.signal("KILL");
    first.end();
}

#[test]
fn a_link_to_a_report_that_is_not_there_yet_is_followed() {
    let (desk, server) = (Desk::with_recipients(2), serve(options()));
    symlink("report.jsonl", desk.path("link.jsonl")).unwrap();
    assert_eq!(run(desk.broadcast(&server.url(), "--report link.jsonl")).code, Some(0));
    assert_eq!(desk.chats("sent"), [1, 2]);
    assert!(fs::symlink_metadata(desk.path("link.jsonl")).unwrap().is_symlink());
}

#[test]
fn devices_and_pipes_are_not_locked() {
    let (desk, server) = (Desk::with_recipients(2), silent());
    let first = at_work(&desk, &server, "--report /dev/null");
    let server = serve(options());
    assert_eq!(run(desk.broadcast(&server.url(), "--report /dev/null")).code, Some(0));
    first.signal("KILL");
    first.end();
    let pipe = desk.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = thread::spawn(move || fs::read_to_string(pipe).unwrap());
    assert_eq!(run(desk.broadcast(&server.url(), "--report pipe")).code, Some(0));
    assert_eq!(reader.join().unwrap().lines().count(), 3, "a header and two records");
    for report in ["pipe", "/dev/null"] {
        assert_refused(
            &run(desk.broadcast(&server.url(), &format!("--report {report} --resume"))),
            5,
            "is no file",
        );
    }
    assert!(!desk.path("report.jsonl").exists());
}
