//! Prometheus rule files, recognised by their `groups:`.

use std::collections::BTreeMap;

use andon_vocabulary::Labels;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::scalar::{Period, Query, RuleText};

/// A rule file as Prometheus reads it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RuleFile {
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated together, in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RuleGroup {
    pub name: String,
    /// What the catalogue calls it where a group of this name stands in a file before its own: `FILE;NAME`.
    #[serde(skip)]
    pub(crate) qualified: Option<String>,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    /// How often, at least; Andon also evaluates as soon as the samples have arrived. 0: as often as all do.
    #[serde(default)]
    #[schemars(extend("format" = "andon-interval-or-none"))]
    pub interval: Option<Period>,
    /// How many alerts or series a rule of the group may make; a rule that makes more fails. 0: any number.
    #[serde(default)]
    pub limit: Option<u64>,
    /// How far in the past the rules look, and what they make is dated: for samples that arrive late.
    #[serde(default)]
    pub query_offset: Option<Period>,
    /// Added to every rule of the group; a rule's own labels win.
    #[serde(default)]
    pub labels: BTreeMap<String, RuleText>,
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Rule {
    Alerting(AlertingRule),
    Recording(RecordingRule),
}

/// A condition that raises alerts, one for each series that it yields.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AlertingRule {
    pub alert: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    pub expr: Query,
    /// How long it must hold before the alert fires.
    #[serde(default, rename = "for")]
    pub held_for: Period,
    /// How long the alert fires on after it no longer holds.
    #[serde(default)]
    pub keep_firing_for: Period,
    #[serde(default)]
    pub labels: BTreeMap<String, RuleText>,
    #[serde(default)]
    pub annotations: BTreeMap<String, RuleText>,
}

/// A query whose result is kept as a series.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordingRule {
    #[schemars(extend("format" = "andon-metric-name"))]
    pub record: String,
    #[serde(default)]
    #[schemars(skip)]
    pub origin: Origin,
    pub expr: Query,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl RuleGroup {
    /// Its name in the whole catalogue. Several files may have a group of one name: it is the first's, in the order
    /// of the files, and the others are called by their files too.
    pub fn full_name(&self) -> &str {
        self.qualified.as_deref().unwrap_or(&self.name)
    }

    /// What [`Catalog::locate`](crate::Catalog::locate) finds it by.
    pub fn definition(&self) -> String {
        format!("RuleGroup/{}", self.full_name())
    }

    /// The rules, each with its name in the whole catalogue: `group/name`, and for the second of that name in its
    /// group `group/name#2`, since files do give one name to several thresholds.
    pub fn named(&self) -> impl Iterator<Item = (String, &Rule)> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        self.rules.iter().map(move |rule| {
            let times = seen.entry(rule.name()).or_default();
            *times += 1;
            let name = match times {
                1 => format!("{}/{}", self.full_name(), rule.name()),
                times => format!("{}/{}#{times}", self.full_name(), rule.name()),
            };
            (name, rule)
        })
    }

    /// The rule of a name that [`RuleGroup::named`] gives.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        let own = name.strip_prefix(self.full_name())?.strip_prefix('/')?;
        let (called, times) = match own.rsplit_once('#') {
            Some((called, times)) => (called, times.parse().ok()?),
            None => (own, 1_usize),
        };
        self.rules.iter().filter(|rule| rule.name() == called).nth(times.checked_sub(1)?)
    }
}

impl Rule {
    /// The alert's or the series' name.
    pub fn name(&self) -> &str {
        match self {
            Rule::Alerting(rule) => &rule.alert,
            Rule::Recording(rule) => &rule.record,
        }
    }

    pub fn expr(&self) -> &Query {
        match self {
            Rule::Alerting(rule) => &rule.expr,
            Rule::Recording(rule) => &rule.expr,
        }
    }

    pub fn origin(&self) -> &Origin {
        match self {
            Rule::Alerting(rule) => &rule.origin,
            Rule::Recording(rule) => &rule.origin,
        }
    }
}

/// What an alert asks of people.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Nothing: it is on record.
    Log,
    /// Work in working hours.
    Ticket,
    /// Somebody now.
    Page,
}

impl Urgency {
    /// The `urgency` label, else from `severity`: critical → page, info → log, anything else → ticket.
    pub fn of(labels: &Labels) -> Urgency {
        Urgency::decided(labels).0
    }

    /// The same, with the label that decided it; without one it is nobody's word but the rule for those without.
    pub fn decided(labels: &Labels) -> (Urgency, Option<&'static str>) {
        match (labels.get("urgency"), labels.get("severity")) {
            (Some("page"), _) => (Urgency::Page, Some("urgency")),
            (Some("ticket"), _) => (Urgency::Ticket, Some("urgency")),
            (Some("log"), _) => (Urgency::Log, Some("urgency")),
            (_, Some("critical" | "page")) => (Urgency::Page, Some("severity")),
            (_, Some("info" | "none")) => (Urgency::Log, Some("severity")),
            (_, Some(_)) => (Urgency::Ticket, Some("severity")),
            (_, None) => (Urgency::Ticket, None),
        }
    }
}
