//! Relabelling: rules that keep, drop and rewrite label sets, as Prometheus applies them to targets and to samples.
//!
//! A rule is checked once, when it becomes a [`Relabeling`]; applying that is a function of the labels alone. The
//! semantics are those of Prometheus's `model/relabel`.

mod action;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use andon_vocabulary::Labels;
use schemars::JsonSchema;
use serde::Deserialize;

pub use action::Action;
use action::Does;

/// One rule as it is written.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize, JsonSchema)]
pub struct RelabelRule {
    /// Their values, joined by the separator, are what the rule looks at.
    #[serde(default)]
    pub source_labels: Option<Vec<String>>,
    /// Without it: `;`.
    #[serde(default)]
    pub separator: Option<String>,
    /// Must match the whole value. Without it: `(.*)`.
    #[serde(default)]
    #[schemars(extend("format" = "andon-re2"))]
    pub regex: Option<String>,
    #[serde(default)]
    pub modulus: Option<u64>,
    #[serde(default)]
    pub target_label: Option<String>,
    /// `$1` and `${name}` stand for the regex's groups. Without it: `$1`.
    #[serde(default)]
    pub replacement: Option<String>,
    #[serde(default)]
    pub action: Action,
}

/// Rules that have been checked, ready to be applied.
#[derive(Clone, Debug, Default)]
pub struct Relabeling {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    source: Vec<String>,
    separator: String,
    does: Does,
}

/// A label set that is being rewritten. No value in it is empty: that is the same as no label.
type Draft = BTreeMap<String, String>;

impl Relabeling {
    /// The error names the rule, counted from 0, and says what is wrong with it.
    pub fn new(rules: &[RelabelRule]) -> Result<Relabeling, (usize, String)> {
        let rules = rules.iter().enumerate();
        let rules = rules.map(|(at, written)| {
            let does = Does::of(written).map_err(|why| (at, why))?;
            let separator = written.separator.clone().unwrap_or_else(|| ";".to_owned());
            Ok(Rule { source: written.source_labels.clone().unwrap_or_default(), separator, does })
        });
        Ok(Relabeling { rules: rules.collect::<Result<_, _>>()? })
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The labels as the rules leave them; none: a rule dropped them.
    pub fn apply(&self, labels: &Labels) -> Option<Labels> {
        if self.rules.is_empty() {
            return Some(labels.clone());
        }
        let mut draft: Draft =
            labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for rule in &self.rules {
            if !rule.does.apply(&rule.look(&draft), &mut draft) {
                return None;
            }
        }
        Some(Labels::new(draft))
    }
}

impl Rule {
    fn look(&self, draft: &Draft) -> String {
        let values = self.source.iter().map(|name| draft.get(name).map_or("", String::as_str));
        values.collect::<Vec<_>>().join(&self.separator)
    }
}
