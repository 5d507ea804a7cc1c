//! `alertmanager.yml`, read as Alertmanager reads it: the routes with everything that they have from those above them.
//!
//! What it asks for and Andon does not do is a warning at its place (see `absent`); what Alertmanager refuses is an
//! error.

mod assemble;
mod file;
mod matcher;
mod named;
pub mod receiver;
mod route;
mod time_interval;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) use assemble::Written;
pub(crate) use file::File;
pub use matcher::AlertMatcher;
pub use named::files_named;
pub(crate) use named::means;
pub use receiver::{Integration, Receiver};
pub use route::{GroupBy, Route};
pub use time_interval::TimeInterval;
pub(crate) use time_interval::{DaysOfMonth, Months, Stretch, Weekdays, Years, minute};

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
    /// Why nothing is sent from a route at a time, in words; none: it is sent.
    pub fn held(&self, route: &Route, at: Timestamp) -> Option<String> {
        let contains = |name: &&String| {
            let parts = self.time_intervals.get(*name).map(Vec::as_slice).unwrap_or_default();
            parts.iter().any(|interval| interval.contains(at))
        };
        if let Some(name) = route.muted_in.iter().find(contains) {
            return Some(format!("muted in {name}"));
        }
        let is_active = route.active_in.is_empty() || route.active_in.iter().any(|name| contains(&name));
        (!is_active).then(|| format!("active in {} only", route.active_in.join(", ")))
    }
}
