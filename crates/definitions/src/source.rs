//! The text of one file with its lines, and the findings that point into it.

use std::ops::Range;
use std::sync::Arc;

use crate::catalog::Location;
use crate::diagnostic::{Diagnostic, Related, Severity, SourceFile};

/// One file and where its lines begin.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Source {
    pub path: Arc<str>,
    pub text: Arc<str>,
    line_starts: Vec<usize>,
}

/// A stretch of one file: the file's position among the sources, and bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Spot {
    pub file: usize,
    pub span: Range<usize>,
}

impl Source {
    pub fn new(file: &SourceFile) -> Self {
        let breaks = file.text.match_indices('\n').map(|(at, _)| at + 1);
        Source {
            path: file.path.as_str().into(),
            text: file.text.as_str().into(),
            line_starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// The line, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    fn line_text(&self, line: usize) -> &str {
        let rest = &self.text[self.line_starts[line - 1]..];
        rest.lines().next().unwrap_or("")
    }

    fn column(&self, at: usize) -> usize {
        let start = self.line_starts[self.line(at) - 1];
        self.text[start..at].chars().count() + 1
    }

    pub fn location(&self, at: usize) -> Location {
        let line = self.line(at);
        Location {
            file: self.path.to_string(),
            line,
            column: self.column(at),
            excerpt: self.line_text(line).trim().to_owned(),
        }
    }

    /// The span on whole characters of this text.
    fn fit(&self, span: Range<usize>) -> Range<usize> {
        let mut start = span.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = span.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }
}

/// Everything that was found, in the order of discovery; sorted by place at the end.
#[derive(Default)]
pub(crate) struct Findings {
    pub sources: Vec<Source>,
    pub found: Vec<Diagnostic>,
}

impl Findings {
    pub fn error(&mut self, code: &str, spot: &Spot, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Error, code, spot, message.into())
    }

    pub fn warning(&mut self, code: &str, spot: &Spot, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Warning, code, spot, message.into())
    }

    /// How many errors there are so far.
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|found| found.is_error()).count()
    }

    fn add(&mut self, severity: Severity, code: &str, spot: &Spot, message: String) -> &mut Diagnostic {
        let source = &self.sources[spot.file];
        let span = source.fit(spot.span.clone());
        let line = source.line(span.start);
        self.found.push(Diagnostic {
            severity,
            code: code.to_owned(),
            message,
            file: source.path.to_string(),
            line,
            column: source.column(span.start),
            span,
            excerpt: source.line_text(line).to_owned(),
            hint: None,
            related: None,
        });
        self.found.last_mut().expect("one was just added")
    }

    pub fn related(&self, spot: &Spot, message: &str) -> Related {
        let source = &self.sources[spot.file];
        Related {
            message: message.to_owned(),
            file: source.path.to_string(),
            line: source.line(spot.span.start),
            span: source.fit(spot.span.clone()),
        }
    }

    /// By file and place; the same finding once.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let order: Vec<String> = self.sources.iter().map(|source| source.path.to_string()).collect();
        self.found.sort_by_key(|found| {
            (order.iter().position(|path| *path == found.file), found.span.start, found.message.clone())
        });
        self.found.dedup();
        self.found
    }
}

impl Diagnostic {
    pub(crate) fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn relate(&mut self, related: Related) -> &mut Self {
        self.related = Some(related);
        self
    }
}
