//! Rules, ready to be evaluated, and what evaluating one says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::{AlertingRule, Catalog, RecordingRule, RuleGroup, Template};
use andon_promql::{Element, Expr, Options, Selected, Value, instant};
use andon_timeseries::{MatchOp, Select};
use andon_vocabulary::{Active, AlertId, Labels, METRIC_NAME, Name, Timestamp, Verdict};

use crate::Freshness;
use crate::gone;

#[derive(Clone, Debug)]
pub enum Rule {
    Alert(AlertRule),
    Record(RecordRule),
}

/// An alerting rule whose texts have been parsed.
#[derive(Clone, Debug)]
pub struct AlertRule {
    /// `group/alertname`.
    pub name: Name,
    alert: String,
    pub(crate) query: Query,
    /// Has an element wherever the condition can be judged, whether it holds or not.
    pub(crate) presence: Expr,
    /// What the condition holds against a number, if that is what it is.
    pub(crate) measured: Option<Expr>,
    pub(crate) labels: BTreeMap<String, Template>,
    /// It asks whether something is absent.
    judges_absence: bool,
}

/// A recording rule whose query has been parsed.
#[derive(Clone, Debug)]
pub struct RecordRule {
    /// `group/metric`.
    pub name: Name,
    /// The metric that it makes.
    pub metric: Name,
    query: Query,
    /// An empty value takes the label away.
    labels: Vec<(Arc<str>, Arc<str>)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub expr: Expr,
    pub selectors: Vec<Selected>,
}

/// An alert that the state holds for the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub alert: AlertId,
    pub labels: Labels,
}

/// What the rule says now. An alert that is held and of which nothing is said stays as it is.
pub fn evaluate(
    rule: &AlertRule,
    held: &[Held],
    select: &dyn Select,
    now: Timestamp,
    freshness: &Freshness,
) -> Verdict {
    let mut verdict = Verdict { rule: rule.name.clone(), active: Vec::new(), gone: Vec::new(), error: None };
    match active(rule, select, now) {
        Ok(active) => verdict.active = active,
        Err(error) => {
            verdict.error = Some(error);
            return verdict;
        }
    }
    let active =
        |labels: &Labels| verdict.active.binary_search_by(|active| active.labels.cmp(labels)).is_ok();
    let (kept, inactive): (Vec<&Held>, Vec<&Held>) = held.iter().partition(|held| active(&held.labels));
    if !freshness.warm && rule.judges_absence {
        // What has not been looked for yet is not absent.
        verdict.active.retain(|active| kept.iter().any(|held| held.labels == active.labels));
    }
    if freshness.warm && !inactive.is_empty() {
        match gone::why(rule, &inactive, select, now, freshness.silent) {
            Ok(gone) => verdict.gone = gone,
            Err(error) => {
                verdict.active.clear();
                verdict.error = Some(error);
            }
        }
    }
    verdict
}

/// The samples that a recording rule makes now.
pub fn record(rule: &RecordRule, select: &dyn Select, now: Timestamp) -> Result<Vec<(Labels, f64)>, String> {
    let mut made = BTreeMap::new();
    for element in elements(&rule.query.expr, select, now)? {
        let set = rule.labels.iter().cloned();
        let set = set.chain([(METRIC_NAME.into(), rule.metric.clone())]);
        let labels = Labels::new(element.labels.shared().chain(set));
        let value = element.value.float().ok_or_else(|| {
            format!("{labels} would be a native histogram, which a recording rule cannot keep yet")
        })?;
        if made.insert(labels.clone(), value).is_some() {
            return Err(same_labels(&labels));
        }
    }
    Ok(made.into_iter().collect())
}

/// Ordered by labels.
fn active(rule: &AlertRule, select: &dyn Select, now: Timestamp) -> Result<Vec<Active>, String> {
    let mut active = BTreeMap::new();
    for element in elements(&rule.query.expr, select, now)? {
        let labels = rule.complete(&element);
        if active.insert(labels.clone(), worth(&element)).is_some() {
            return Err(same_labels(&labels));
        }
    }
    let active =
        active.into_iter().map(|(labels, value)| Active { labels, value: andon_vocabulary::Value(value) });
    Ok(active.collect())
}

/// A rule's labels can make two of its series one.
fn same_labels(labels: &Labels) -> String {
    format!("two series get the same labels {labels}; let the rule's labels leave them apart")
}

/// A scalar is one element without labels, as in Prometheus.
pub(crate) fn elements(expr: &Expr, select: &dyn Select, now: Timestamp) -> Result<Vec<Element>, String> {
    match instant(expr, select, now, &Options::default()).map(|answer| answer.value) {
        Ok(Value::Vector(elements)) => Ok(elements),
        Ok(Value::Scalar(value)) => Ok(vec![Element { labels: Labels::default(), value: value.into() }]),
        Ok(Value::Matrix(_) | Value::String(_)) => {
            Err(format!("{expr} gives a {}, not a value for each series", expr.kind()))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The number that an alert shows. For a native histogram it is 0, as in Prometheus.
pub(crate) fn worth(element: &Element) -> f64 {
    element.value.float().unwrap_or(0.0)
}

impl Rule {
    /// Every rule of the catalogue in the order of its files. Their texts were checked when they were loaded.
    pub fn all(catalog: &Catalog) -> Vec<(&RuleGroup, Rule)> {
        let of_group = |group: &'_ RuleGroup| -> Vec<Rule> {
            let compile = |rule: &andon_definitions::Rule| match rule {
                andon_definitions::Rule::Alerting(rule) => Rule::Alert(AlertRule::new(&group.name, rule)),
                andon_definitions::Rule::Recording(rule) => Rule::Record(RecordRule::new(&group.name, rule)),
            };
            group.rules.iter().map(compile).collect()
        };
        let groups = catalog.rules.iter();
        groups.flat_map(|group| of_group(group).into_iter().map(move |rule| (group, rule))).collect()
    }

    /// `group/alertname` or `group/metric`.
    pub fn name(&self) -> &Name {
        match self {
            Rule::Alert(rule) => &rule.name,
            Rule::Record(rule) => &rule.name,
        }
    }

    /// The metrics that it reads; none if a selector does not name its metric, so that it may read any.
    pub fn reads(&self) -> Option<BTreeSet<&str>> {
        self.query()
            .selectors
            .iter()
            .map(|selected| {
                let mut matchers = selected.matchers.iter();
                matchers.find(|m| m.name() == METRIC_NAME && m.op() == MatchOp::Equal).map(|m| m.value())
            })
            .collect()
    }

    /// How much of the past must be there before the rule can be judged after a start: its longest range, with its
    /// offset. A selector without a range needs one sample only.
    pub fn longest_range(&self) -> Duration {
        let ranges = self.query().selectors.iter().filter_map(|selected| {
            let offset = Duration::from_millis(u64::try_from(selected.offset_ms).unwrap_or(0));
            selected.range.map(|range| range + offset)
        });
        ranges.max().unwrap_or_default()
    }

    fn query(&self) -> &Query {
        match self {
            Rule::Alert(rule) => &rule.query,
            Rule::Record(rule) => &rule.query,
        }
    }
}

impl AlertRule {
    pub fn new(group: &str, rule: &AlertingRule) -> AlertRule {
        let query = Query::new(&rule.expr);
        let presence = query.expr.presence();
        let measured = query.expr.measured();
        let text = query.expr.to_string();
        let judges_absence = ["absent(", "absent_over_time("].iter().any(|call| text.contains(call));
        let template = |text: &str| Template::parse(text).expect("checked when it was loaded");
        let labels = rule.labels.iter().map(|(name, text)| (name.clone(), template(text)));
        AlertRule {
            name: name(group, &rule.alert),
            alert: rule.alert.clone(),
            query,
            presence,
            measured,
            labels: labels.collect(),
            judges_absence,
        }
    }

    /// The labels of the alert that an element of the condition raises.
    fn complete(&self, element: &Element) -> Labels {
        let mut labels: BTreeMap<Arc<str>, Arc<str>> = element.labels.shared().collect();
        for (name, template) in &self.labels {
            let text = template.render(&element.labels, worth(element));
            labels.insert(name.as_str().into(), text.into());
        }
        labels.insert("alertname".into(), self.alert.as_str().into());
        labels.remove(METRIC_NAME);
        Labels::new(labels)
    }
}

impl RecordRule {
    pub fn new(group: &str, rule: &RecordingRule) -> RecordRule {
        let labels = rule.labels.iter();
        let labels = labels.map(|(name, value)| (name.as_str().into(), value.as_str().into()));
        RecordRule {
            name: name(group, &rule.record),
            metric: rule.record.as_str().into(),
            query: Query::new(&rule.expr),
            labels: labels.collect(),
        }
    }
}

impl Query {
    fn new(text: &str) -> Query {
        let expr = andon_promql::parse(text).expect("checked when it was loaded");
        let selectors = expr.selectors();
        Query { expr, selectors }
    }
}

fn name(group: &str, rule: &str) -> Name {
    format!("{group}/{rule}").into()
}

/// The definition of `group/alertname`.
pub(crate) fn definition<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a AlertingRule> {
    let called = |group: &RuleGroup, rule: &AlertingRule| {
        let rest = name.strip_prefix(group.name.as_str());
        rest.and_then(|rest| rest.strip_prefix('/')) == Some(rule.alert.as_str())
    };
    let mut rules = catalog.alerting_rules();
    rules.find(|(group, rule)| called(group, rule)).map(|(_, rule)| rule)
}
