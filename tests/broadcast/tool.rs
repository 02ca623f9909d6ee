//! Runs the built example as its users do, in a directory of its own, and watches it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::RUNTIME;

/// A limit far longer than anything here takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
pub(crate) const TOKEN: &str = "987654321:S3cr3t-of-the-tests";

/// A directory with the tool's files.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    /// Creates a desk with a `recipients.csv` of the chats `1` to `count`.
    pub(crate) fn with_recipients(count: usize) -> Self {
        let desk = Self::new();
        let lines: Vec<_> = (1..=count).map(|chat| format!("{chat},Name{chat}\n")).collect();
        desk.write("recipients.csv", &format!("chat_id,name\n{}", lines.concat()));
        desk
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).expect("a file");
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect("a file")
    }

    /// Returns the records of the report, without its header.
    pub(crate) fn report(&self) -> Vec<Value> {
        let report = self.read("report.jsonl");
        let lines = report.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"));
        lines.filter(|line: &Value| line.get("broadcast").is_none()).collect()
    }

    /// Returns the chats that have `status` in the report, in its order.
    pub(crate) fn chats(&self, status: &str) -> Vec<u64> {
        let records = self.report().into_iter().filter(|record| record["status"] == status);
        records.map(|record| record["chat_id"].as_u64().expect("a number")).collect()
    }

    /// Prepares the tool with the words of `args`, and with the token in its environment.
    pub(crate) fn tool(&self, args: &str) -> Command {
        let mut command = Command::new(binary());
        command.args(["--runtime", RUNTIME]).args(args.split_whitespace()).current_dir(self.0.path());
        command.env("TELEGRAM_BOT_TOKEN", TOKEN).stdin(Stdio::null());
        command
    }

    /// Prepares the tool to send to `recipients.csv` through the server at `url`, with a report.
    pub(crate) fn broadcast(&self, url: &str, args: &str) -> Command {
        let mut command = self.tool("--recipients recipients.csv --report report.jsonl --rate 1000/1");
        command.args(["--text", "Hi {name}", "--api-url", url]).args(args.split_whitespace());
        command
    }
}

/// Prepares the tool without arguments and without input.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(binary());
    command.stdin(Stdio::null());
    command
}

/// Returns the path of the tool, and builds it if it is not there: `cargo test` builds the example's own tests only.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let deps = env::current_exe().expect("the test's own path");
        let profile = deps.parent().and_then(Path::parent).expect("target/<profile>/deps");
        let binary = profile.join("examples/broadcast");
        // A binary built without this runtime does not know its name.
        let knows = || Command::new(&binary).args(["--runtime", RUNTIME, "--version"]).output();
        if !knows().is_ok_and(|output| output.status.success()) {
            let mut cargo = Command::new(env!("CARGO"));
            // Build scripts of dependencies run again when these change, and everything above them is built again.
            let of_this_test =
                |name: &String| name.starts_with("CARGO_MANIFEST") || name.starts_with("CARGO_PKG");
            env::vars()
                .map(|(name, _)| name)
                .filter(of_this_test)
                .for_each(|name| _ = cargo.env_remove(name));
            let name = profile.file_name().and_then(|name| name.to_str()).expect("a profile's name");
            cargo.args(["build", "--profile", if name == "debug" { "dev" } else { name }]);
            // With the features of the tests, the crate is built already.
            let all = cfg!(feature = "document-features");
            cargo.args(if all { &["--all-features"][..] } else { &["--features", "telegram,tokio"] });
            cargo.args(["--example", "broadcast", "--target-dir"]);
            let built = cargo.arg(profile.parent().expect("target")).status();
            assert!(built.is_ok_and(|status| status.success()) && binary.exists(), "build the example first");
        }
        binary
    })
}

/// A tool that runs.
pub(crate) struct Running {
    child: Child,
    errors: Receiver<String>,
    stderr: Vec<String>,
    stdout: JoinHandle<String>,
}

/// A tool that has ended.
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn start(mut command: Command) -> Running {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool");
    let stderr = BufReader::new(child.stderr.take().expect("its stderr"));
    let mut stdout = child.stdout.take().expect("its stdout");
    let (lines, errors) = mpsc::channel();
    thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)));
    let stdout = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).expect("text on stdout");
        text
    });
    Running { child, errors, stderr: Vec::new(), stdout }
}

/// Runs the tool to its end.
pub(crate) fn run(command: Command) -> Ended {
    start(command).end()
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the tool a signal, such as `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {signal}");
    }

    /// Waits until the tool prints `part` on stderr.
    pub(crate) fn until_it_says(&mut self, part: &str) {
        while !self.stderr.last().is_some_and(|line| line.contains(part)) {
            let line = self.errors.recv_timeout(LIMIT);
            self.stderr.push(line.unwrap_or_else(|_| panic!("no `{part}` in {:#?}", self.stderr)));
        }
    }

    /// Waits for the tool's end. Asserts that the tool never printed the token.
    pub(crate) fn end(mut self) -> Ended {
        // Stderr ends with the tool.
        loop {
            match self.errors.recv_timeout(LIMIT) {
                Ok(line) => self.stderr.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("it does not end; so far: {:#?}", self.stderr);
                }
            }
        }
        let code = self.child.wait().expect("its status").code();
        let stdout = self.stdout.join().expect("its stdout");
        let stderr = self.stderr.join("\n");
        let secret = TOKEN.split(':').next_back().expect("two parts");
        assert!(
            !stdout.contains(secret) && !stderr.contains(secret),
            "the token was printed:\n{stdout}{stderr}"
        );
        Ended { code, stdout, stderr }
    }
}
