//! The failures that end the tool before its work is done, each with an exit code of its own.

use std::fmt;
use std::process::ExitCode;

/// The cause of a failure.
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

/// A failure, and what to do about it, in one line.
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
            // The code that a shell reports for a program ended by Ctrl-C.
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
