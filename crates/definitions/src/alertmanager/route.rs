//! The tree of routes: where an alert goes, and how what goes there is grouped and timed.

use std::collections::BTreeSet;

use andon_vocabulary::Labels;

use super::matcher::AlertMatcher;
use crate::origin::Origin;
use crate::scalar::Period;

/// A node of the tree with everything that it has from the nodes above it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    pub origin: Origin,
    pub receiver: String,
    pub group_by: GroupBy,
    /// Until the first notification of a new group.
    pub group_wait: Period,
    /// Until the next, when alerts have joined the group or left it.
    pub group_interval: Period,
    /// Until the next, when nothing has changed.
    pub repeat_interval: Period,
    /// All must hold; sorted.
    pub matchers: Vec<AlertMatcher>,
    /// Time intervals by name: while one contains the time nothing is sent.
    pub muted_in: Vec<String>,
    /// Time intervals by name: where there are any, nothing is sent while none contains the time.
    pub active_in: Vec<String>,
    /// An alert that matches goes on to the next node beside this one.
    pub goes_on: bool,
    pub routes: Vec<Route>,
}

/// Alerts with the same values of these labels are told of together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupBy {
    /// `...`: every alert by itself.
    All,
    Labels(BTreeSet<String>),
}

impl Route {
    /// The nodes that an alert with these labels ends at, in their order: each the deepest of its branch that matches.
    pub fn matching<'a>(&'a self, labels: &Labels) -> Vec<&'a Route> {
        self.matching_at(labels).into_iter().map(|(_, route)| route).collect()
    }

    /// The same with their places: from this node down, which of those below it, counted from 0.
    pub fn matching_at<'a>(&'a self, labels: &Labels) -> Vec<(Vec<u32>, &'a Route)> {
        let mut found = Vec::new();
        self.search(labels, &mut Vec::new(), &mut found);
        found
    }

    /// The node at a path that starts here.
    pub fn at(&self, path: &[u32]) -> Option<&Route> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        self.routes.get(usize::try_from(*first).ok()?)?.at(rest)
    }

    /// The labels that make an alert that ends here one of a group.
    pub fn group_labels(&self, labels: &Labels) -> Labels {
        match &self.group_by {
            GroupBy::All => labels.clone(),
            GroupBy::Labels(names) => labels.only(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        }
    }

    /// Whether the alert ended here or below.
    fn search<'a>(
        &'a self,
        labels: &Labels,
        path: &mut Vec<u32>,
        found: &mut Vec<(Vec<u32>, &'a Route)>,
    ) -> bool {
        if !self.matchers.iter().all(|matcher| matcher.matches(labels)) {
            return false;
        }
        let before = found.len();
        for (at, below) in (0..).zip(&self.routes) {
            path.push(at);
            let ends = below.search(labels, path, found);
            path.pop();
            if ends && !below.goes_on {
                break;
            }
        }
        if found.len() == before {
            found.push((path.clone(), self));
        }
        true
    }
}
