//! The texts of rules, as Prometheus fills them in: Go's templates with Prometheus's functions.
//!
//! Whatever a text names and cannot be filled in here is a finding when it is loaded. What can only be known when it
//! is filled in, such as a query without an answer, stands in the text as Prometheus writes it.

mod functions;
mod humanize;
mod lex;
mod node;
mod parse;
mod printf;
mod run;
mod value;

use andon_vocabulary::Labels;

use crate::format::Flaw;
use node::Node;

/// A parsed text.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    nodes: Vec<Node>,
    labels: Vec<String>,
    is_exacting: bool,
}

/// Gives the samples that a query inside a text asks for.
pub type Query<'a> = dyn Fn(&str) -> Result<Vec<(Labels, f64)>, String> + 'a;

/// What a text is filled in with.
pub struct Scene<'a> {
    /// `$labels`: what the series brought.
    pub labels: &'a Labels,
    pub value: f64,
    /// Answers `query "…"`.
    pub query: &'a Query<'a>,
}

/// What is wrong with a template; the range counts bytes of the text.
#[derive(Clone, PartialEq, Debug)]
pub struct TemplateError {
    pub message: String,
    pub range: std::ops::Range<usize>,
    pub hint: Option<String>,
}

impl From<TemplateError> for Flaw {
    fn from(error: TemplateError) -> Flaw {
        Flaw { code: "template", range: Some(error.range), message: error.message, hint: error.hint }
    }
}

impl Template {
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        parse::parse(text)
    }

    /// Never fails: what went wrong stands in the text.
    pub fn render_with(&self, scene: &Scene) -> String {
        run::run(&self.nodes, scene).unwrap_or_else(|error| format!("<error expanding template: {error}>"))
    }

    /// Filled in from labels and a value alone.
    pub fn render(&self, labels: &Labels, value: f64) -> String {
        let query = |_: &str| Err("no samples can be asked here".to_owned());
        self.render_with(&Scene { labels, value, query: &query })
    }

    /// The labels that it names outright.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// Whether it asks the samples, or takes all labels together, so that an alert's own labels and value do not
    /// suffice to fill it in.
    pub fn is_exacting(&self) -> bool {
        self.is_exacting
    }
}

#[cfg(test)]
mod tests;
