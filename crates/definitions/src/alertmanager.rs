//! `alertmanager.yml`, read as Alertmanager reads it: the routes with everything that they have from those above them.
//!
//! What it asks for and Andon does not do is a warning at its place (see `absent`); what Alertmanager refuses is an
//! error.

mod assemble;
mod file;
mod matcher;
mod named;
pub mod order;
mod part;
mod paths;
pub mod receiver;
mod route;
mod split;
mod time_interval;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) use assemble::Written;
pub(crate) use file::File;
pub use matcher::AlertMatcher;
pub use named::files_named;
pub(crate) use named::means;
pub(crate) use part::Part;
pub(crate) use paths::rewrite as rewrite_paths;
pub(crate) use receiver::smarthost;
pub use receiver::{Integration, Receiver};
pub use route::{GroupBy, Looked, LookedVerdict, Route};
pub use split::split;
pub use time_interval::TimeInterval;
pub(crate) use time_interval::{DaysOfMonth, Months, Stretch, Weekdays, Years, location, minute};

use andon_vocabulary::Timestamp;

use crate::origin::Origin;
use crate::scalar::Period;
use crate::template::Templates;

/// What an `alertmanager.yml` says.
#[derive(Clone, PartialEq, Debug)]
pub struct Alertmanager {
    pub origin: Origin,
    /// An alert that nobody has sent for so long has ended, where it does not say itself when it ends.
    pub resolve_timeout: Period,
    /// The root: every alert matches it.
    pub route: Route,
    pub inhibitions: Vec<Inhibition>,
    pub time_intervals: BTreeMap<String, Vec<TimeInterval>>,
    /// By name.
    pub receivers: BTreeMap<String, Receiver>,
    /// What the texts of the receivers put in.
    pub templates: Arc<Templates>,
}

/// While an alert of the source fires, those of the target with the same values of these labels are not told of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inhibition {
    pub origin: Origin,
    pub name: String,
    pub source: Vec<AlertMatcher>,
    pub target: Vec<AlertMatcher>,
    pub equal: BTreeSet<String>,
}

impl Alertmanager {
    fn contains(&self, name: &str, at: Timestamp) -> bool {
        let parts = self.time_intervals.get(name).map(Vec::as_slice).unwrap_or_default();
        parts.iter().any(|interval| interval.contains(at))
    }

    /// The time intervals for which nothing is sent from a route at a time: those that mute it, else those that it is
    /// active in alone. None: it is sent.
    pub fn muted_by<'a>(&self, route: &'a Route, at: Timestamp) -> Vec<&'a str> {
        let contains = |name: &&str| self.contains(name, at);
        let muting: Vec<&str> = route.muted_in.iter().map(String::as_str).filter(contains).collect();
        if !muting.is_empty() || route.active_in.iter().any(|name| contains(&name.as_str())) {
            return muting;
        }
        route.active_in.iter().map(String::as_str).collect()
    }

    /// Why nothing is sent from a route at a time, in words; none: it is sent.
    pub fn held(&self, route: &Route, at: Timestamp) -> Option<String> {
        if let Some(name) = route.muted_in.iter().find(|name| self.contains(name, at)) {
            return Some(format!("muted in {name}"));
        }
        let is_active =
            route.active_in.is_empty() || route.active_in.iter().any(|name| self.contains(name, at));
        (!is_active).then(|| format!("active in {} only", route.active_in.join(", ")))
    }
}
