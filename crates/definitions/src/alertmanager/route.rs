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

/// A node that an alert's search for its routes came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Looked<'a> {
    pub route: &'a Route,
    pub verdict: LookedVerdict<'a>,
    /// The nodes below it that were looked at, in order.
    pub below: Vec<Looked<'a>>,
}

/// What became of the search at a node.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum LookedVerdict<'a> {
    /// The alert is not this node's: the first matcher that does not hold.
    Fails(&'a AlertMatcher),
    /// A node below it takes the alert.
    LeadsOn,
    /// The alert goes to its receiver.
    EndsHere,
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

    /// How the search goes: every node that is looked at, and why it is not the alert's where it is not. Its ends are
    /// those of [`Route::matching_at`].
    pub fn search_steps<'a>(&'a self, labels: &Labels) -> Looked<'a> {
        if let Some(failing) = self.matchers.iter().find(|matcher| !matcher.matches(labels)) {
            return Looked { route: self, verdict: LookedVerdict::Fails(failing), below: Vec::new() };
        }
        let mut below = Vec::new();
        for route in &self.routes {
            let looked = route.search_steps(labels);
            let ends = !matches!(looked.verdict, LookedVerdict::Fails(_));
            below.push(looked);
            if ends && !route.goes_on {
                break;
            }
        }
        let leads_on = below.iter().any(|looked| !matches!(looked.verdict, LookedVerdict::Fails(_)));
        let verdict = if leads_on { LookedVerdict::LeadsOn } else { LookedVerdict::EndsHere };
        Looked { route: self, verdict, below }
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
