//! Why the tool ends without having done its work, each with an exit code of its own.

use std::fmt;
use std::process::ExitCode;

/// What is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    Arguments,
    Text,
    Recipients,
    Report,
    Token,
    Server,
    Interrupt,
}

/// What went wrong and what to do about it, in one line.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) blame: Blame,
    message: String,
}

impl Failure {
    pub(crate) fn new(blame: Blame, message: impl Into<String>) -> Self {
        Self { blame, message: message.into() }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.blame {
            Blame::Arguments => 2,
            Blame::Text => 3,
            Blame::Recipients => 4,
            Blame::Report => 5,
            Blame::Token => 6,
            Blame::Server => 7,
            // As a shell reports a program that Ctrl-C has ended.
            Blame::Interrupt => 130,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // File names and server messages may hold line breaks; a script reads one line.
        write!(f, "error: {}", self.message.replace(['\n', '\r'], " "))
    }
}
