//! How a command ends: its exit code, and a failure in words.

use std::fmt;
use std::process::ExitCode;

/// The exit codes, which scripts may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Well = 0,
    /// There are findings, an expectation was not met, a journal is damaged, or the server had to stop.
    Failed = 1,
    /// The command line, or a place that it names, is not right. clap uses the same code.
    Usage = 2,
    /// The server cannot be reached, or cannot answer.
    Unreachable = 3,
    /// The server heard and will not: nothing was changed.
    Refused = 4,
}

/// Shown below `--help`.
pub const EXIT_CODES: &str = "Exit codes:
  0  all is well
  1  findings, expectations that were not met, or a server that had to stop
  2  the command line is not right
  3  the server cannot be reached, or cannot answer
  4  the server refused, and nothing was changed";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// What a command could not do: what happened, where, what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub exit: Exit,
    pub what: String,
    pub hint: Option<String>,
}

pub type Outcome = Result<Exit, Failure>;

impl Failure {
    pub fn new(exit: Exit, what: impl Into<String>) -> Failure {
        Failure { exit, what: what.into(), hint: None }
    }

    pub fn usage(what: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, what)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  try: {hint}"),
            None => Ok(()),
        }
    }
}
