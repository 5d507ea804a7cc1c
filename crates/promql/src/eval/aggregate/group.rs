//! Which rows belong together: by some of their labels, or by all but some.

use std::collections::BTreeMap;

use andon_vocabulary::{Labels, METRIC_NAME};

use crate::eval::rows::{NAMES, Row, Rows};
use crate::node::Grouping;

/// Which part of a label set makes a group, or a match.
pub(in crate::eval) struct Key<'a> {
    names: Vec<&'a str>,
    keep: bool,
}

impl<'a> Key<'a> {
    /// What is grouped "without", or matched "ignoring", leaves the metric's name out as well. Labels that do not
    /// count any more are in no group.
    pub fn of(grouping: &'a Grouping, is_unnamed: bool) -> Key<'a> {
        let dropped = if is_unnamed { NAMES } else { &[] };
        let (names, keep) = match grouping {
            Grouping::By(labels) => (labels, true),
            Grouping::Without(labels) => (labels, false),
        };
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        if keep {
            names.retain(|name| !dropped.contains(name));
        } else {
            names.push(METRIC_NAME);
            names.extend(dropped);
        }
        names.sort_unstable();
        names.dedup();
        Key { names, keep }
    }

    pub fn labels(&self, labels: &Labels) -> Labels {
        if self.keep { labels.only(&self.names) } else { labels.without(&self.names) }
    }

    /// The same for all labels of one group and for no others.
    fn parts<'l>(&self, labels: &'l Labels, into: &mut Vec<&'l str>) {
        into.clear();
        if self.keep {
            into.extend(self.names.iter().map(|name| labels.get(name).unwrap_or("")));
        } else {
            let kept = labels.iter().filter(|(name, _)| self.names.binary_search(name).is_err());
            into.extend(kept.flat_map(|(name, value)| [name, value]));
        }
    }
}

/// Numbers the groups in the order in which they are met.
#[derive(Default)]
pub(in crate::eval) struct Numbering<'l> {
    groups: BTreeMap<Vec<&'l str>, usize>,
    parts: Vec<&'l str>,
}

impl<'l> Numbering<'l> {
    pub fn number(&mut self, key: &Key, labels: &'l Labels) -> usize {
        key.parts(labels, &mut self.parts);
        if let Some(number) = self.groups.get(self.parts.as_slice()) {
            return *number;
        }
        let number = self.groups.len();
        self.groups.insert(self.parts.clone(), number);
        number
    }
}

/// The rows of each group, in order; the groups in the order in which they first appear.
pub(super) fn groups<'r>(rows: &'r Rows, grouping: &Grouping) -> Vec<(Labels, Vec<&'r Row>)> {
    let key = Key::of(grouping, rows.is_unnamed());
    let mut numbering = Numbering::default();
    let mut groups: Vec<(Labels, Vec<&Row>)> = Vec::new();
    for row in &rows.rows {
        let number = numbering.number(&key, &row.labels);
        if number == groups.len() {
            groups.push((key.labels(&row.labels), Vec::new()));
        }
        groups[number].1.push(row);
    }
    groups
}
