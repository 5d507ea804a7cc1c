//! The alerts of one rule, as Prometheus keeps them (`rules/alerting.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_definitions::scalar::RuleText;
use andon_definitions::{AlertingRule, Outside, Scene, Template};
use andon_promql::{Element, Number};
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};

/// What a rule's texts were filled in to.
pub(super) type Annotations = BTreeMap<String, String>;

/// Answers what a text asks for with `query "…"`.
pub(super) type Query<'a> = dyn Fn(&str) -> Result<Vec<(Labels, Number)>, String> + 'a;

/// A rule and its alerts by their labels.
pub(super) struct Alerts<'a> {
    pub rule: &'a AlertingRule,
    labels: Vec<(&'a str, Template)>,
    annotations: Vec<(&'a str, Template)>,
    active: BTreeMap<Labels, Active>,
    outside: Arc<Outside>,
}

struct Active {
    annotations: Annotations,
    since: Timestamp,
    is_firing: bool,
    /// Since when it fires only because it is kept firing.
    kept_since: Option<Timestamp>,
}

impl<'a> Alerts<'a> {
    /// `shared` are the labels of the group; the rule's own win.
    pub fn new(
        rule: &'a AlertingRule,
        shared: &'a BTreeMap<String, RuleText>,
        outside: Arc<Outside>,
    ) -> Alerts<'a> {
        let mut labels: BTreeMap<&str, &str> = BTreeMap::new();
        labels.extend(shared.iter().map(|(name, text)| (name.as_str(), &**text)));
        labels.extend(rule.labels.iter().map(|(name, text)| (name.as_str(), &**text)));
        let parse = |text: &str| Template::parse(text).expect("checked when it was loaded");
        let annotations = rule.annotations.iter();
        Alerts {
            rule,
            labels: labels.into_iter().map(|(name, text)| (name, parse(text))).collect(),
            annotations: annotations.map(|(name, text)| (name.as_str(), parse(text))).collect(),
            active: BTreeMap::new(),
            outside,
        }
    }

    /// Takes over what the condition gives now. Gives the series that Prometheus writes of its alerts.
    pub fn update(
        &mut self,
        elements: &[Element],
        now: Timestamp,
        limit: u64,
        query: &Query<'_>,
    ) -> Result<Vec<(Labels, f64)>, String> {
        let mut seen: BTreeMap<Labels, Annotations> = BTreeMap::new();
        for element in elements {
            let value = element.value.clone();
            let scene = Scene { labels: &element.labels, value, outside: &self.outside, query };
            let mut labels = element.labels.without(&[METRIC_NAME]);
            for (name, template) in &self.labels {
                labels = labels.with(name, &template.render_with(&scene));
            }
            labels = labels.with("alertname", &self.rule.alert);
            let annotations = self.annotations.iter();
            let annotations = annotations.map(|(name, text)| ((*name).to_owned(), text.render_with(&scene)));
            if seen.insert(labels.clone(), annotations.collect()).is_some() {
                return Err(format!("two of its alerts have the labels {labels}"));
            }
        }
        for (labels, annotations) in &seen {
            let fresh =
                || Active { annotations: Annotations::new(), since: now, is_firing: false, kept_since: None };
            let active = self.active.entry(labels.clone()).or_insert_with(fresh);
            active.annotations = annotations.clone();
        }
        let (held_for, kept_for) = (*self.rule.held_for, *self.rule.keep_firing_for);
        self.active.retain(|labels, active| {
            if seen.contains_key(labels) {
                active.kept_since = None;
            } else {
                let since = *active.kept_since.get_or_insert(now);
                let is_kept = active.is_firing && !kept_for.is_zero() && now.since(since) < kept_for;
                if !is_kept {
                    return false;
                }
            }
            active.is_firing |= now.since(active.since) >= held_for;
            true
        });
        let count = self.active.len() as u64;
        if limit > 0 && count > limit {
            self.active.clear();
            return Err(format!("exceeded limit of {limit} with {count} alerts"));
        }
        Ok(self.active.iter().flat_map(|(labels, active)| self.series(labels, active)).collect())
    }

    fn series(&self, labels: &Labels, active: &Active) -> [(Labels, f64); 2] {
        let state = if active.is_firing { "firing" } else { "pending" };
        let since = active.since.as_ms().div_euclid(1000) as f64;
        [
            (labels.with(METRIC_NAME, "ALERTS").with("alertstate", state), 1.0),
            (labels.with(METRIC_NAME, "ALERTS_FOR_STATE"), since),
        ]
    }

    pub fn firing(&self) -> impl Iterator<Item = (&Labels, &Annotations)> {
        let firing = self.active.iter().filter(|(_, active)| active.is_firing);
        firing.map(|(labels, active)| (labels, &active.annotations))
    }
}
