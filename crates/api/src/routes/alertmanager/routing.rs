//! Where alerts go, as this API tells of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use andon_definitions::alertmanager::{GroupBy, Route};
use andon_definitions::{Alertmanager, Catalog, Period};
use andon_vocabulary::{Labels, Timestamp};

/// Whom everything goes to where no file says otherwise.
const ANDON: &str = "andon";

static TO_ANDON: LazyLock<Route> = LazyLock::new(|| Route {
    origin: andon_definitions::Origin::default(),
    receiver: ANDON.to_owned(),
    group_by: GroupBy::Labels(BTreeSet::from(["alertname".to_owned()])),
    group_wait: Period::seconds(30),
    group_interval: Period::minutes(5),
    repeat_interval: Period::minutes(4 * 60),
    matchers: Vec::new(),
    muted_in: Vec::new(),
    active_in: Vec::new(),
    goes_on: false,
    routes: Vec::new(),
});

#[derive(Clone, Copy)]
pub struct Routing<'a> {
    /// The root.
    pub route: &'a Route,
    pub file: Option<&'a Alertmanager>,
}

impl<'a> Routing<'a> {
    pub fn of(catalog: &'a Catalog) -> Routing<'a> {
        let file = catalog.alertmanager.as_deref();
        Routing { route: file.map_or(&TO_ANDON, |file| &file.route), file }
    }

    /// By name, each with its labels, of which one is its name.
    pub fn receivers(&self) -> Vec<(&'a str, Labels)> {
        let labels = |name: &str, own: &BTreeMap<String, String>| Labels::new(own).with("name", name);
        match self.file {
            Some(file) => file
                .receivers
                .iter()
                .map(|(name, receiver)| (name.as_str(), labels(name, &receiver.labels)))
                .collect(),
            None => vec![(ANDON, labels(ANDON, &BTreeMap::new()))],
        }
    }

    /// The time intervals for which nothing is sent from a route at a time.
    pub fn muted_by(&self, route: &'a Route, at: Timestamp) -> Vec<&'a str> {
        self.file.map(|file| file.muted_by(route, at)).unwrap_or_default()
    }
}
