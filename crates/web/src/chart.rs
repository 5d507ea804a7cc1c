//! The alert's own chart: what its rule measures, against its threshold, with the changes that came before.

use std::time::Duration;

use andon_definitions::Catalog;
use andon_monitor::Alert;
use andon_respond::Incident;
use andon_vocabulary::{Labels, METRIC_NAME, Timestamp};
use maud::{Markup, html};
use serde_json::json;

use crate::threshold;

/// How much of the quiet before an incident is shown.
const BEFORE: Duration = Duration::from_secs(30 * 60);

/// The script draws it; without the script there is the query itself.
pub fn of_alert(
    catalog: &Catalog,
    rule: &str,
    labels: Option<&Labels>,
    incident: &Incident,
    until: Option<Timestamp>,
) -> Option<Markup> {
    let (_, rule) = catalog.alerting_rule(rule)?;
    let (name, condition) = (&rule.alert, rule.expr.trim());
    let (measured, bound) =
        threshold::split(condition).map_or((condition, None), |(query, bound)| (query, Some(bound)));
    let query = narrowed(measured, labels);
    let markers: Vec<_> = incident
        .suspects
        .iter()
        .map(|suspect| json!({ "at": suspect.at.as_ms(), "text": suspect.what }))
        .chain([json!({ "at": incident.opened_at.as_ms(), "text": incident.id })])
        .collect();
    let from =
        incident.suspects.iter().map(|suspect| suspect.at).chain([incident.opened_at]).min()? - BEFORE / 3;
    let from = from.min(incident.opened_at - BEFORE);
    Some(html! {
        figure.chart data-chart=(query) data-from=(from.as_ms()) data-until=[until.map(Timestamp::as_ms)]
            data-bound=[bound] data-markers=(json!(markers)) data-name=(name) {
            canvas role="img" tabindex="0" aria-label={ "Chart of " (name) } {}
            figcaption.legend {}
            details { summary { "View as table" } div.scroll data-table tabindex="0" role="region" aria-label="Values" {} }
            noscript { p.muted { "The chart needs JavaScript. Its query: " code { (query) } } }
        }
    })
}

/// Only the series of the alert's own service, where the rule keeps that label.
fn narrowed(query: &str, labels: Option<&Labels>) -> String {
    let own = labels.map(|labels| labels.without(&[METRIC_NAME]).only(&["service"])).unwrap_or_default();
    match andon_promql::parse(query) {
        Ok(expr) if !own.is_empty() => expr.with_matchers(&own).to_string(),
        _ => query.to_owned(),
    }
}

/// The rule of the alert that the incident began with, or of the first that still disturbs.
pub fn leading<'a>(
    incident: &Incident,
    alerts: impl Fn(&andon_vocabulary::AlertId) -> Option<&'a Alert>,
) -> Option<&'a Alert> {
    incident.active_alerts().find_map(|(id, _)| alerts(id))
}
