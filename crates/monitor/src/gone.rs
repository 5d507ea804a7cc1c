//! Why an alert that is held is not active: its condition is false, its series went away, or a target that fed it is
//! silent. Only the first resolves it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_promql::Selected;
use andon_timeseries::{Matcher, Select, is_stale};
use andon_vocabulary::{Gone, GoneWhy, Labels, METRIC_NAME, Name, Timestamp, Value};

use crate::Silent;
use crate::ask::{Ask, Unanswered};
use crate::rule::{AlertRule, Held};

/// A target whose series are not found within this time did not feed the rule.
const FED_WITHIN: Duration = Duration::from_secs(60 * 60);

pub(crate) fn why(
    rule: &AlertRule,
    inactive: &[&Held],
    ask: &Ask,
    now: Timestamp,
    silent: &[Silent],
) -> Result<Vec<Gone>, Unanswered> {
    // What another store holds is not fed by targets that are known here.
    let fed = ask.samples().map(|select| (select, silent));
    let present: BTreeSet<Labels> = ask
        .elements(&rule.presence, now)?
        .into_iter()
        .map(|element| rule.of_series(&element.labels))
        .collect();
    let measured = measured(rule, ask, now)?;
    let gone = inactive.iter().map(|held| {
        let series = rule.of_series(&held.labels);
        // A sum over what is left says nothing about the whole: silence comes before what the samples say.
        let silent = fed.and_then(|(select, silent)| fed_by(rule, &series, select, now, silent));
        let why = if let Some(target) = silent {
            GoneWhy::SourceSilent { target }
        } else if present.contains(&series) || present.iter().any(|labels| series.contains(labels)) {
            GoneWhy::False { value: measured.get(&series).copied().flatten() }
        } else {
            GoneWhy::SeriesGone
        };
        Gone { alert: held.alert, why }
    });
    Ok(gone.collect())
}

/// What the rule measures now, by what the series brought; None where several series brought the same.
fn measured(
    rule: &AlertRule,
    ask: &Ask,
    now: Timestamp,
) -> Result<BTreeMap<Labels, Option<Value>>, Unanswered> {
    let mut measured = BTreeMap::new();
    let Some(expr) = &rule.measured else { return Ok(measured) };
    for element in ask.elements(expr, now)? {
        let value = element.value.float().map(Value);
        measured
            .entry(rule.of_series(&element.labels))
            .and_modify(|several| *several = None)
            .or_insert(value);
    }
    Ok(measured)
}

/// The first silent target that contributed to an alert with these labels.
fn fed_by(
    rule: &AlertRule,
    series: &Labels,
    select: &dyn Select,
    now: Timestamp,
    silent: &[Silent],
) -> Option<Name> {
    let agrees = |silent: &Silent| {
        let mut labels = silent.labels.iter();
        labels.all(|(name, value)| series.get(name).is_none_or(|own| own == value))
    };
    let mut silent = silent.iter().filter(|silent| agrees(silent));
    silent
        .find(|silent| {
            let mut selectors = rule.query.selectors.iter();
            selectors.any(|selected| stopped(selected, silent, select, now))
        })
        .map(|silent| silent.target.clone())
}

/// Whether a selector reads series of the target that have stopped. What is measured from outside, such as `up` or a
/// probe, goes on while the target is silent and is as fresh as ever.
fn stopped(selected: &Selected, silent: &Silent, select: &dyn Select, now: Timestamp) -> bool {
    let may_match = |matcher: &Matcher| {
        let value = silent.labels.get(matcher.name());
        value.is_none_or(|value| matcher.matches_value(value))
    };
    if !selected.matchers.iter().all(may_match) {
        return false;
    }
    let of_target = silent.labels.iter().map(|(name, value)| Matcher::equal(name, value));
    let matchers: Vec<Matcher> = selected.matchers.iter().cloned().chain(of_target).collect();
    // What cannot be read is not known to be false.
    let Ok(series) = select.select(&matchers, now - FED_WITHIN, now) else { return true };
    if series.is_empty() {
        // It never answered this driver, so nobody knows what it exposes: it may have fed the rule before a restart.
        return silent.answered.is_none();
    }
    series.iter().any(|series| {
        let last = series.samples.last();
        last.is_some_and(|last| {
            is_stale(last.value) || silent.answered.is_some_and(|answered| last.at <= answered)
        })
    })
}

impl AlertRule {
    /// What is left of an alert's or an element's labels when those that the rule itself sets are taken away: two of
    /// them compare only by what the series brought.
    fn of_series(&self, labels: &Labels) -> Labels {
        let mut set: Vec<&str> = self.labels.keys().map(String::as_str).collect();
        set.extend(["alertname", METRIC_NAME]);
        labels.without(&set)
    }
}
