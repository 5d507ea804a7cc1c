//! The series that rules make: what is recorded, and `ALERTS` and `ALERTS_FOR_STATE` of every alert.

use std::collections::BTreeSet;

use andon_definitions::Catalog;
use andon_promql::Number;
use andon_timeseries::STALE;
use andon_vocabulary::{Labels, METRIC_NAME, MonitorEvent, Timestamp};

use crate::{Alert, Phase, State};

/// Which series a rule made when it was last evaluated, so that one that it no longer makes ends at once.
#[derive(Clone, Debug, Default)]
pub struct Made(BTreeSet<Labels>);

impl Made {
    /// What is to be stored: the samples, and an end for each series that is no longer among them.
    pub fn renew(&mut self, mut samples: Vec<(Labels, Number)>) -> Vec<(Labels, Number)> {
        let now: BTreeSet<Labels> = samples.iter().map(|(labels, _)| labels.clone()).collect();
        samples.extend(self.0.difference(&now).map(|ended| (ended.clone(), Number::Float(STALE))));
        self.0 = now;
        samples
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl State {
    /// `ALERTS` and `ALERTS_FOR_STATE` of a rule as they are once these events have been applied. An alert that is
    /// lost goes on firing: nobody has seen it end.
    pub fn alert_series(
        &self,
        rule: &str,
        events: &[MonitorEvent],
        now: Timestamp,
        catalog: &Catalog,
    ) -> Vec<(Labels, Number)> {
        if events.is_empty() {
            return self.of_rule(rule).flat_map(series).collect();
        }
        let mut after = self.clone();
        for event in events {
            after.apply(&event.clone().into(), now, catalog);
        }
        after.of_rule(rule).flat_map(series).collect()
    }
}

fn series(alert: &Alert) -> [(Labels, Number); 2] {
    let state = match alert.phase {
        Phase::Pending { .. } => "pending",
        Phase::Firing { .. } | Phase::Lost { .. } => "firing",
    };
    let shown = alert.labels.with(METRIC_NAME, "ALERTS").with("alertstate", state);
    let since = alert.labels.with(METRIC_NAME, "ALERTS_FOR_STATE");
    let began = (alert.since().as_ms() / 1000) as f64;
    [(shown, Number::Float(1.0)), (since, Number::Float(began))]
}
