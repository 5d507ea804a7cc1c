//! Everything that the files say, checked: what the loop decides by.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_identity::Policies;
use andon_vocabulary::{Labels, METRIC_NAME};

use crate::alertmanager::{AlertMatcher, Alertmanager};
use crate::book::Book;
use crate::dependencies::Dependencies;
use crate::instance::Instance;
use crate::intake::Source;
use crate::maintenance::Maintenance;
use crate::prometheus::Prometheus;
use crate::rule_tests::RuleTests;
use crate::rules::{AlertingRule, Rule, RuleGroup};
use crate::runbook::{AlertState, Runbook};
use crate::scalar::Period;
use crate::scenario::Scenario;
use crate::service::Service;
use crate::team::Team;
use crate::template::Outside;

/// All definitions, by name.
#[derive(Clone, Default, Debug)]
pub struct Catalog {
    pub instance: Instance,
    pub teams: BTreeMap<String, Team>,
    pub services: BTreeMap<String, Service>,
    pub runbooks: BTreeMap<String, Runbook>,
    pub rules: Vec<RuleGroup>,
    /// Doors for what others send.
    pub sources: BTreeMap<String, Source>,
    pub maintenance: BTreeMap<String, Maintenance>,
    pub scenarios: BTreeMap<String, Scenario>,
    /// Unit tests of rules, as promtool reads them.
    pub rule_tests: Vec<RuleTests>,
    /// What a `prometheus.yml` says, where there is one.
    pub prometheus: Option<Arc<Prometheus>>,
    /// What the texts of rules may say of this Andon.
    pub outside: Arc<Outside>,
    /// What an `alertmanager.yml` says, where there is one.
    pub alertmanager: Option<Arc<Alertmanager>>,
    /// By which alerts explain those of dependants; empty where the instance wants none of it.
    pub dependencies: Arc<Dependencies>,
    /// What is permitted and forbidden beside the roles.
    pub policies: Policies,
    /// People are told of alerts that match one of these, whatever silences them.
    pub(crate) denied: Arc<Vec<Vec<AlertMatcher>>>,
    /// SHA-256 over the sorted paths and texts, in hex.
    pub hash: String,
    pub(crate) book: Arc<Book>,
}

/// A place in a file, for people: line and column count from 1, the column in characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// The line itself, without the space around it.
    pub excerpt: String,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Catalog {
    /// The team that owns a service.
    pub fn owner_of(&self, service: &str) -> Option<&Team> {
        self.teams.get(self.services.get(service)?.owner.name())
    }

    /// The team that a service's alerts go to: its owner, else the instance's default team.
    pub fn team_for(&self, service: Option<&str>) -> Option<&Team> {
        service
            .and_then(|service| self.owner_of(service))
            .or_else(|| self.teams.get(self.instance.default_team.as_ref()?.name()))
    }

    /// The service that claims a series or an alert: the first service label that names one, else the first whose
    /// `select` matches.
    pub fn service_of(&self, labels: &Labels) -> Option<&str> {
        let named = self.instance.labels.service.iter().filter_map(|name| labels.get(name));
        for name in named {
            if let Some((service, _)) = self.services.get_key_value(name) {
                return Some(service);
            }
        }
        self.services.iter().find(|(_, service)| service.selects(labels)).map(|(name, _)| name.as_str())
    }

    /// Whether nobody may silence an alert with these labels.
    pub fn never_silenced(&self, labels: &Labels) -> bool {
        self.denied.iter().any(|matchers| matchers.iter().all(|matcher| matcher.matches(labels)))
    }

    /// The runbooks that a firing alert with these labels launches, by name.
    pub fn runbooks_for(&self, labels: &Labels) -> Vec<&Runbook> {
        let launched = |runbook: &&Runbook| {
            runbook
                .on
                .as_ref()
                .is_some_and(|on| on.alert.state == AlertState::Firing && on.alert.matches(labels))
        };
        self.runbooks.values().filter(launched).collect()
    }

    /// The longest time between two evaluations of a group's rules: its own, else that of the `prometheus.yml`, else a
    /// minute.
    pub fn interval_of(&self, group: &RuleGroup) -> Period {
        let common = || self.prometheus.as_ref().map(|prometheus| prometheus.evaluation_interval);
        let own = group.interval.filter(|interval| *interval != Period::ZERO);
        own.or_else(common).unwrap_or(Period::minutes(1))
    }

    /// The alerting rule of a name that [`RuleGroup::named`] gives.
    pub fn alerting_rule(&self, name: &str) -> Option<(&RuleGroup, &AlertingRule)> {
        self.rules.iter().find_map(|group| match group.rule(name) {
            Some(Rule::Alerting(rule)) => Some((group, rule)),
            _ => None,
        })
    }

    pub fn alerting_rules(&self) -> impl Iterator<Item = (&RuleGroup, &AlertingRule)> {
        self.rules.iter().flat_map(|group| {
            group.rules.iter().filter_map(move |rule| match rule {
                Rule::Alerting(rule) => Some((group, rule)),
                Rule::Recording(_) => None,
            })
        })
    }
}

impl Service {
    /// Whether `select` claims a series or an alert. An empty `select` claims nothing by itself.
    pub fn selects(&self, labels: &Labels) -> bool {
        !self.select.is_empty()
            && self.select.iter().all(|(name, value)| name != METRIC_NAME && labels.get(name) == Some(value))
    }
}
