//! Go's templates, in two dialects: the texts of rules as Prometheus fills them in, and the texts of an
//! `alertmanager.yml` as Alertmanager does.
//!
//! Whatever a text names and cannot be filled in here is a finding when it is loaded. What can only be known when it
//! is filled in, such as a query without an answer, stands in a rule's text as Prometheus writes it; a text for a
//! receiver that cannot be filled in is an error, and whoever sends it says so in other words.

mod functions;
mod humanize;
mod layout;
mod lex;
mod node;
mod page;
mod parse;
mod printf;
mod run;
mod value;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

use andon_promql::Number;
use andon_vocabulary::{Labels, Timestamp};

use crate::format::Flaw;
use crate::notification::Notification;
use node::Node;
use value::Value;
pub use words::{Templates, Words};

/// A parsed text.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Template {
    nodes: Vec<Node>,
    /// By name: what `define` and `block` wrote, for `template` to put in.
    defined: BTreeMap<String, Vec<Node>>,
    /// The names that `template` puts in, and where.
    wanted: Vec<(String, Range<usize>)>,
    labels: Vec<String>,
    is_exacting: bool,
}

/// What a text is written in: it decides which functions and variables there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dialect {
    Rule,
    Notified,
}

/// What a text is filled in with.
enum World<'a> {
    Rule(&'a Scene<'a>),
    Notified { notification: &'a Notification, now: Timestamp },
}

impl World<'_> {
    fn rule(&self) -> Result<&Scene<'_>, String> {
        match self {
            World::Rule(scene) => Ok(scene),
            World::Notified { .. } => Err("there is no rule here".to_owned()),
        }
    }

    fn now(&self) -> Result<Timestamp, String> {
        match self {
            World::Rule(_) => Err("there is no clock here".to_owned()),
            World::Notified { now, .. } => Ok(*now),
        }
    }

    /// A field of what the dot is at first.
    fn field(&self, field: &str) -> Result<Value, String> {
        let found = match (self, field) {
            (World::Rule(scene), "Labels") => Some(Value::Labels(scene.labels.clone())),
            (World::Rule(scene), "Value") => Some(Value::from(&scene.value)),
            (World::Rule(scene), "ExternalLabels") => Some(Value::Labels(scene.outside.labels.clone())),
            (World::Rule(scene), "ExternalURL") => Some(Value::text(scene.outside.url.as_str())),
            (World::Rule(_), _) => None,
            (World::Notified { notification, .. }, field) => value::field(notification, field),
        };
        found.ok_or_else(|| format!("{} has no field {field}", Value::Root.kind()))
    }
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

/// What the text of a rule is filled in with.
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
    pub range: Range<usize>,
    pub hint: Option<String>,
}

impl From<TemplateError> for Flaw {
    fn from(error: TemplateError) -> Flaw {
        Flaw { code: "template", range: Some(error.range), message: error.message, hint: error.hint }
    }
}

impl Template {
    /// The text of a rule.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        parse::parse(text, Dialect::Rule)
    }

    /// Never fails: what went wrong stands in the text.
    pub fn render_with(&self, scene: &Scene) -> String {
        run::rule(self, scene).unwrap_or_else(|error| format!("<error expanding template: {error}>"))
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
