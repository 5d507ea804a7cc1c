//! Rules, ready to be evaluated, and what evaluating one says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use andon_definitions::{AlertingRule, Catalog, Outside, RecordingRule, RuleGroup, Scene, Template};
use andon_promql::{Expr, Number, Selected};
use andon_timeseries::MatchOp;
use andon_vocabulary::{
    Active, AlertId, Gone, GoneWhy, Labels, METRIC_NAME, Name, Timestamp, Value, Verdict,
};

use crate::ask::{Ask, NotYet, Unanswered, worth};
use crate::{Freshness, gone};

#[derive(Clone, Debug)]
pub enum Rule {
    Alert(AlertRule),
    Record(RecordRule),
}

/// An alerting rule whose texts have been parsed.
#[derive(Clone, Debug)]
pub struct AlertRule {
    /// As in [`RuleGroup::named`].
    pub name: Name,
    alert: String,
    pub(crate) query: Query,
    /// Has an element wherever the condition can be judged, whether it holds or not.
    pub(crate) presence: Expr,
    /// What the condition holds against a number, if that is what it is.
    pub(crate) measured: Option<Expr>,
    pub(crate) labels: BTreeMap<String, Template>,
    annotations: BTreeMap<String, Template>,
    /// A text cannot be filled in later, from the alert's labels and value alone: it asks the samples, or it names a
    /// label that the rule sets and the series did not bring.
    fills_in_at_once: bool,
    outside: Arc<Outside>,
    /// It asks whether something is absent.
    judges_absence: bool,
}

/// A recording rule whose query has been parsed.
#[derive(Clone, Debug)]
pub struct RecordRule {
    /// As in [`RuleGroup::named`].
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
    /// How far in the past it looks.
    offset: Duration,
    /// How many elements it may have; 0: any number.
    limit: u64,
}

/// An alert that the state holds for the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub alert: AlertId,
    pub labels: Labels,
    /// It is not merely pending.
    pub has_fired: bool,
}

/// What the rule says at a time. An alert that is held and of which nothing is said stays as it is.
pub fn evaluate(
    rule: &AlertRule,
    held: &[Held],
    ask: &Ask,
    at: Timestamp,
    freshness: &Freshness,
) -> Result<Verdict, NotYet> {
    let mut verdict = Verdict { rule: rule.name.clone(), active: Vec::new(), gone: Vec::new(), error: None };
    let said = said(rule, held, ask, at - rule.query.offset, freshness, &mut verdict);
    // A query inside a text may be what waits.
    if ask.is_waiting() {
        return Err(NotYet);
    }
    match said {
        Ok(()) => {}
        Err(Unanswered::NotYet) => return Err(NotYet),
        Err(Unanswered::Failed(error)) => {
            verdict.active.clear();
            verdict.gone.clear();
            verdict.error = Some(error);
        }
        Err(Unanswered::Unreachable { store, .. }) => {
            verdict.active.clear();
            let lost = |held: &Held| Gone {
                alert: held.alert,
                why: GoneWhy::SourceSilent { target: store.clone() },
            };
            // One that is pending stays so until somebody can say more.
            verdict.gone = held.iter().filter(|held| held.has_fired).map(lost).collect();
        }
    }
    Ok(verdict)
}

fn said(
    rule: &AlertRule,
    held: &[Held],
    ask: &Ask,
    at: Timestamp,
    freshness: &Freshness,
    verdict: &mut Verdict,
) -> Result<(), Unanswered> {
    verdict.active = active(rule, ask, at)?;
    let active =
        |labels: &Labels| verdict.active.binary_search_by(|active| active.labels.cmp(labels)).is_ok();
    let (kept, inactive): (Vec<&Held>, Vec<&Held>) = held.iter().partition(|held| active(&held.labels));
    if !freshness.warm && rule.judges_absence {
        // What has not been looked for yet is not absent.
        verdict.active.retain(|active| kept.iter().any(|held| held.labels == active.labels));
    }
    if freshness.warm && !inactive.is_empty() {
        verdict.gone = gone::why(rule, &inactive, ask, at, freshness.silent)?;
    }
    Ok(())
}

/// The samples that a recording rule makes at a time, and when they are dated.
pub fn record(
    rule: &RecordRule,
    ask: &Ask,
    at: Timestamp,
) -> Result<(Timestamp, Vec<(Labels, Number)>), Unanswered> {
    let at = at - rule.query.offset;
    let mut made = BTreeMap::new();
    for element in ask.elements(&rule.query.expr, at)? {
        let set = rule.labels.iter().cloned();
        let set = set.chain([(METRIC_NAME.into(), rule.metric.clone())]);
        let labels = Labels::new(element.labels.shared().chain(set));
        if made.insert(labels.clone(), element.value).is_some() {
            return Err(same_labels(&labels));
        }
    }
    rule.query.within_limit(made.len(), "series")?;
    Ok((at, made.into_iter().collect()))
}

/// Ordered by labels.
fn active(rule: &AlertRule, ask: &Ask, at: Timestamp) -> Result<Vec<Active>, Unanswered> {
    let mut active = BTreeMap::new();
    let query = |text: &str| ask.query(text, at);
    for element in ask.elements(&rule.query.expr, at)? {
        let brought = element.labels.without(&[METRIC_NAME]);
        // An alert's value is a number; what a text says of a histogram is said now.
        let at_once = rule.fills_in_at_once || element.value.float().is_none();
        let worth = worth(&element);
        let scene = Scene { labels: &brought, value: element.value, outside: &rule.outside, query: &query };
        let labels = rule.complete(&scene);
        let annotations = at_once.then(|| {
            let texts = rule.annotations.iter();
            Labels::new(texts.map(|(name, text)| (name.as_str(), text.render_with(&scene))))
        });
        if active.insert(labels.clone(), (worth, annotations)).is_some() {
            return Err(same_labels(&labels));
        }
    }
    rule.query.within_limit(active.len(), "alerts")?;
    let active = active.into_iter();
    Ok(active
        .map(|(labels, (value, annotations))| Active { labels, value: Value(value), annotations })
        .collect())
}

/// A rule's labels can make two of its series one.
fn same_labels(labels: &Labels) -> Unanswered {
    Unanswered::Failed(format!(
        "two series get the same labels {labels}; let the rule's labels leave them apart"
    ))
}

impl Rule {
    /// Every rule of the catalogue in the order of its files. Their texts were checked when they were loaded.
    pub fn all(catalog: &Catalog) -> Vec<(&RuleGroup, Rule)> {
        let compiled = |group: &RuleGroup, name: String, rule: &andon_definitions::Rule| match rule {
            andon_definitions::Rule::Alerting(rule) => {
                Rule::Alert(AlertRule::new(group, name, rule, Arc::clone(&catalog.outside)))
            }
            andon_definitions::Rule::Recording(rule) => Rule::Record(RecordRule::new(group, name, rule)),
        };
        let groups = catalog.rules.iter();
        groups
            .flat_map(|group| group.named().map(move |(name, rule)| (group, compiled(group, name, rule))))
            .collect()
    }

    /// As in [`RuleGroup::named`].
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

    /// How far in the past it looks.
    pub fn offset(&self) -> Duration {
        self.query().offset
    }

    /// The metrics that it writes.
    pub fn makes(&self) -> Vec<&str> {
        match self {
            Rule::Alert(_) => vec!["ALERTS", "ALERTS_FOR_STATE"],
            Rule::Record(rule) => vec![&rule.metric],
        }
    }

    /// How much of the past must be there before the rule can be judged after a start: its longest range, with its
    /// offset. A selector without a range needs one sample only.
    pub fn longest_range(&self) -> Duration {
        let ranges = self.query().selectors.iter().filter_map(|selected| {
            let offset = Duration::from_millis(u64::try_from(selected.offset_ms).unwrap_or(0));
            selected.range.map(|range| range + offset + self.query().offset)
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
    fn new(group: &RuleGroup, name: String, rule: &AlertingRule, outside: Arc<Outside>) -> AlertRule {
        let query = Query::new(&rule.expr, group);
        let presence = query.expr.presence();
        let measured = query.expr.measured();
        let text = query.expr.to_string();
        let judges_absence = ["absent(", "absent_over_time("].iter().any(|call| text.contains(call));
        let parsed = |(name, text): (&String, &str)| {
            (name.clone(), Template::parse(text).expect("checked when it was loaded"))
        };
        let labels = group.labels.iter().chain(&rule.labels).map(|(name, text)| (name, &**text));
        let labels: BTreeMap<String, Template> = labels.map(parsed).collect();
        let annotations = rule.annotations.iter().map(|(name, text)| (name, &**text));
        let annotations: BTreeMap<String, Template> = annotations.map(parsed).collect();
        let is_set = |label: &str| label == "alertname" || labels.contains_key(label);
        let now_only = |text: &Template| text.is_exacting() || text.labels().any(is_set);
        let fills_in_at_once = annotations.values().any(now_only);
        AlertRule {
            name: name.into(),
            alert: rule.alert.clone(),
            query,
            presence,
            measured,
            labels,
            annotations,
            fills_in_at_once,
            outside,
            judges_absence,
        }
    }

    /// Whether what is missing makes it hold.
    pub fn judges_absence(&self) -> bool {
        self.judges_absence
    }

    /// How far in the past it looks, and its series are dated.
    pub fn offset(&self) -> Duration {
        self.query.offset
    }

    /// The labels of the alert that an element of the condition raises.
    fn complete(&self, scene: &Scene) -> Labels {
        let mut labels: BTreeMap<Arc<str>, Arc<str>> = scene.labels.shared().collect();
        for (name, template) in &self.labels {
            labels.insert(name.as_str().into(), template.render_with(scene).into());
        }
        labels.insert("alertname".into(), self.alert.as_str().into());
        labels.remove(METRIC_NAME);
        Labels::new(labels)
    }
}

impl RecordRule {
    fn new(group: &RuleGroup, name: String, rule: &RecordingRule) -> RecordRule {
        let group_labels = group.labels.iter().map(|(name, text)| (name.as_str(), &**text));
        let labels =
            group_labels.chain(rule.labels.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let labels: BTreeMap<&str, &str> = labels.collect();
        RecordRule {
            name: name.into(),
            metric: rule.record.as_str().into(),
            query: Query::new(&rule.expr, group),
            labels: labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        }
    }
}

impl Query {
    fn new(text: &str, group: &RuleGroup) -> Query {
        let expr = andon_promql::parse(text).expect("checked when it was loaded");
        let selectors = expr.selectors();
        let offset = group.query_offset.map_or(Duration::ZERO, |offset| *offset);
        Query { expr, selectors, offset, limit: group.limit.unwrap_or(0) }
    }

    fn within_limit(&self, made: usize, what: &str) -> Result<(), Unanswered> {
        if self.limit == 0 || made as u64 <= self.limit {
            return Ok(());
        }
        let limit = self.limit;
        Err(Unanswered::Failed(format!("{made} {what}, and the group's limit is {limit}")))
    }
}

/// The definition of an alerting rule, by its full name.
pub(crate) fn definition<'a>(catalog: &'a Catalog, name: &str) -> Option<&'a AlertingRule> {
    catalog.alerting_rule(name).map(|(_, rule)| rule)
}
