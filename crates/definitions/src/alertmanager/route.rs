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
        let mut found = Vec::new();
        self.search(labels, &mut found);
        found
    }

    /// Whether the alert ended here or below.
    fn search<'a>(&'a self, labels: &Labels, found: &mut Vec<&'a Route>) -> bool {
        if !self.matchers.iter().all(|matcher| matcher.matches(labels)) {
            return false;
        }
        let before = found.len();
        for below in &self.routes {
            if below.search(labels, found) && !below.goes_on {
                break;
            }
        }
        if found.len() == before {
            found.push(self);
        }
        true
    }
}
