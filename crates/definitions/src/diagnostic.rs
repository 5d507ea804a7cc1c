//! A finding: what is wrong, where, and what to try.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// One file as it was read; the path is only a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceFile {
    pub path: String,
    pub text: String,
}

/// Whether a finding keeps the definitions from being used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
}

/// A finding. Line and column count from 1, the column in characters; the span is in bytes of the file's text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Diagnostic {
    pub severity: Severity,
    /// What kind of finding it is, such as `unknown-key`.
    pub code: String,
    pub message: String,
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub span: Range<usize>,
    /// The line itself.
    pub excerpt: String,
    /// What to try.
    pub hint: Option<String>,
    /// Another place that belongs to it, such as the first of two definitions.
    pub related: Option<Related>,
}

/// Another place that belongs to a finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Related {
    pub message: String,
    pub file: String,
    pub line: usize,
    pub span: Range<usize>,
}

impl Diagnostic {
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
