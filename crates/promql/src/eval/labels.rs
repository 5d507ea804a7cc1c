//! Functions that change labels instead of values, and the labels of what is absent.

use std::collections::BTreeMap;

use andon_timeseries::MatchOp;
use andon_vocabulary::{Labels, METRIC_NAME};
use regex::RegexBuilder;

use super::engine::distinct;
use super::{EvalError, Plain};
use crate::node::Node;

/// `label_replace(v, target, replacement, source, regex)`: where the regex matches the whole source label, the
/// target becomes the replacement with its `$1` filled in; an empty result removes it.
pub(super) fn replace(
    mut elements: Vec<Plain>,
    target: &str,
    replacement: &str,
    source: &str,
    regex: &str,
) -> Result<Vec<Plain>, EvalError> {
    let compiled =
        RegexBuilder::new(&format!("^(?s:{regex})$")).size_limit(1 << 20).build().map_err(|_| {
            EvalError::BadArgument(format!("label_replace cannot use {regex:?} as a regular expression"))
        })?;
    check_name("label_replace", target)?;
    for element in &mut elements {
        let value = element.labels.get(source).unwrap_or("");
        let Some(captures) = compiled.captures(value) else { continue };
        let mut result = String::new();
        captures.expand(replacement, &mut result);
        element.labels = element.labels.with(target, &result);
    }
    distinct(elements)
}

/// `label_join(v, target, separator, source…)`
pub(super) fn join(
    mut elements: Vec<Plain>,
    target: &str,
    separator: &str,
    sources: &[&str],
) -> Result<Vec<Plain>, EvalError> {
    check_name("label_join", target)?;
    for element in &mut elements {
        let values: Vec<&str> = sources.iter().map(|name| element.labels.get(name).unwrap_or("")).collect();
        element.labels = element.labels.with(target, &values.join(separator));
    }
    distinct(elements)
}

fn check_name(function: &str, target: &str) -> Result<(), EvalError> {
    if target.is_empty() {
        return Err(EvalError::BadArgument(format!("{function} needs the name of a label to set")));
    }
    Ok(())
}

/// What can be known of a missing series: the labels that its selector demands. A label with several conditions is
/// left out (as in Prometheus's `createLabelsForAbsentFunction`).
pub(crate) fn absent_labels(arg: &Node) -> Labels {
    let (Node::Select(selector) | Node::Range(selector, _)) = arg.unparen() else { return Labels::default() };
    let mut labels: BTreeMap<&str, &str> = BTreeMap::new();
    let mut set = Vec::new();
    for matcher in selector.matchers.iter().filter(|matcher| matcher.name() != METRIC_NAME) {
        if matcher.op() == MatchOp::Equal && !set.contains(&matcher.name()) {
            set.push(matcher.name());
            labels.insert(matcher.name(), matcher.value());
        } else {
            labels.remove(matcher.name());
        }
    }
    Labels::new(labels)
}
