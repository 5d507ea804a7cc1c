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

use std::collections::BTreeMap;

use andon_promql::Number;
use andon_vocabulary::Labels;

use crate::format::Flaw;
use node::Node;

/// A parsed text.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    nodes: Vec<Node>,
    /// By name: what `define` and `block` wrote, for `template` to put in.
    defined: BTreeMap<String, Vec<Node>>,
    labels: Vec<String>,
    is_exacting: bool,
}

/// Gives the samples that a query inside a text asks for.
pub type Query<'a> = dyn Fn(&str) -> Result<Vec<(Labels, Number)>, String> + 'a;

/// What a text may say of the Andon that fills it in.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Outside {
    /// `$externalLabels`, as they are written.
    pub labels: Labels,
    /// `$externalURL`.
    pub url: String,
}

/// What a text is filled in with.
pub struct Scene<'a> {
    /// `$labels`: what the series brought.
    pub labels: &'a Labels,
    /// `$value`.
    pub value: Number,
    pub outside: &'a Outside,
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
        run::run(self, scene).unwrap_or_else(|error| format!("<error expanding template: {error}>"))
    }

    /// Filled in without samples.
    pub fn render(&self, labels: &Labels, value: f64, outside: &Outside) -> String {
        let query = |_: &str| Err("no samples can be asked here".to_owned());
        self.render_with(&Scene { labels, value: Number::Float(value), outside, query: &query })
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
