//! `absent` and `absent_over_time`: one where there is nothing.

use std::collections::BTreeMap;

use andon_timeseries::MatchOp;
use andon_vocabulary::{Labels, METRIC_NAME};

use super::rows::{Points, Row, Rows};
use super::steps::Steps;
use crate::node::Node;

/// One at each step at which no row has anything.
pub(super) fn absent(rows: &Rows, labels: Labels, steps: Steps) -> Rows {
    let mut is_there = vec![false; steps.count];
    for row in &rows.rows {
        row.points.steps().into_iter().for_each(|step| is_there[step] = true);
    }
    let mut points = Points::default();
    let missing = is_there.iter().enumerate().filter(|(_, is_there)| !**is_there);
    missing.for_each(|(step, _)| points.push(step, 1.0));
    Rows::new(vec![Row::new(labels, points)])
}

/// What can be known of a missing series: the labels that its selector demands. A label with several conditions is
/// left out (as in Prometheus's `createLabelsForAbsentFunction`).
pub(crate) fn labels(arg: &Node) -> Labels {
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
