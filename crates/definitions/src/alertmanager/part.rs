//! The kind `Route`: a part of the tree of routes, in the words of an `alertmanager.yml`, with what only it needs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::file::{Global, NamedInterval, WrittenInhibition, WrittenReceiver, WrittenRoute};

/// A branch of the tree of routes; one that has no matchers is its root.
#[derive(Clone, PartialEq, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Part {
    /// Branches are asked in this order, and in that of their names where it is the same; the root's own come last.
    #[serde(default)]
    pub order: i64,
    /// What holds for every receiver that says nothing else; it stands beside the root.
    #[serde(default)]
    global: Option<Global>,
    /// Files of templates; they stand beside the root.
    #[serde(default)]
    templates: Vec<String>,
    #[serde(default)]
    route: Option<WrittenRoute>,
    #[serde(default)]
    inhibit_rules: Vec<WrittenInhibition>,
    #[serde(default)]
    receivers: Vec<WrittenReceiver>,
    #[serde(default)]
    time_intervals: Vec<NamedInterval>,
}
