//! The demonstration runs on request, and never instead of a broadcast that lacks its token.

use super::tool::{Desk, bare, run, start};
use super::{assert_refused, options, serve};

#[test]
fn the_demo_shows_it_all_and_ends_well() {
    let desk = Desk::new();
    let ended = run(desk.tool("--demo --report report.jsonl"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("demo: "), "{}", ended.stderr);
    for part in ["193 of 200 sent", "(0 duplicates), 2 answered with a flood wait", "4 × 403", "3 × 400"] {
        assert!(ended.stdout.contains(part), "{}", ended.stdout);
    }
    // A real run refuses the report of a demo.
    desk.write("recipients.csv", "chat_id\n100001\n");
    let ended = run(desk.tool(
        "--recipients recipients.csv --text hi --report report.jsonl --resume --api-url http://127.0.0.1:9",
    ));
    assert_refused(&ended, 5, "of a demo");
}

#[test]
fn the_demo_takes_a_list_and_a_text_and_needs_no_token() {
    let desk = Desk::with_recipients(3);
    for token in [None, Some(""), Some("not a token")] {
        let mut command = desk.tool("--demo --recipients recipients.csv --text {name}");
        command.env_remove("TELEGRAM_BOT_TOKEN").envs(token.map(|token| ("TELEGRAM_BOT_TOKEN", token)));
        let ended = run(command);
        assert_eq!(ended.code, Some(0), "{token:?}: {}", ended.stderr);
        assert!(ended.stdout.starts_with("3 of 3 sent"), "{}", ended.stdout);
    }
}

#[test]
fn without_any_argument_and_without_a_token_the_demo_runs() {
    let mut command = bare();
    command.env_remove("TELEGRAM_BOT_TOKEN");
    let mut running = start(command);
    running.until_it_says("demo: ");
    running.signal("KILL");
    running.end();
}

#[test]
fn a_token_that_is_set_asks_for_more_than_the_demo() {
    for (token, code, part) in [("1:real", 2, "--recipients"), ("", 6, "empty"), ("x", 6, "can't be used")] {
        let mut command = bare();
        command.env("TELEGRAM_BOT_TOKEN", token);
        assert_refused(&run(command), code, part);
    }
}

#[test]
fn a_broadcast_without_a_token_is_refused_and_is_no_demo() {
    let (desk, server) = (Desk::with_recipients(3), serve(options()));
    let api_url = format!("--api-url {}", server.url());
    for args in [
        "--recipients recipients.csv --text hi",
        "--recipients recipients.csv --text hi --report report.jsonl --resume",
        "--recipients recipients.csv",
        "--text hi",
        "--report report.jsonl",
        "--silent",
        "",
        &api_url,
    ] {
        let mut command = desk.tool(args);
        command.env_remove("TELEGRAM_BOT_TOKEN");
        let ended = run(command);
        for part in ["TELEGRAM_BOT_TOKEN", "--token-file", "--demo"] {
            assert_refused(&ended, 6, part);
        }
    }
    assert_eq!(server.tally().requests, 0);
    assert!(!desk.path("report.jsonl").exists());
}

#[test]
fn the_demo_takes_no_token_and_no_server() {
    let desk = Desk::new();
    desk.write("token", "1:real");
    assert_refused(&run(desk.tool("--demo --token-file token")), 2, "--token-file");
    assert_refused(&run(desk.tool("--demo --api-url http://127.0.0.1:9")), 2, "--api-url");
}
