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
    let frame =
        Frame { from: Some(from), until, bound, markers: json!(markers).to_string(), ..Frame::default() };
    Some(figure(&query, name, &frame))
}

/// What stands around the lines of a chart.
#[derive(Default)]
pub struct Frame {
    /// Where it begins; else `span` before its end.
    pub from: Option<Timestamp>,
    /// Where it ends; else now, and it moves on.
    pub until: Option<Timestamp>,
    pub span: Option<Duration>,
    /// Between two values; else as fine as the width allows.
    pub step: Option<Duration>,
    pub bound: Option<f64>,
    /// JSON: a list of `{at, text}`.
    pub markers: String,
    /// Lines that are drawn at most; six if it does not say.
    pub most: Option<usize>,
    /// How many series there are and how long they took, below the chart.
    pub caption: bool,
}

/// The script draws it; without the script there is the query itself.
pub fn figure(query: &str, name: &str, frame: &Frame) -> Markup {
    let markers = (!frame.markers.is_empty()).then_some(frame.markers.as_str());
    html! {
        figure.chart data-chart=(query) data-name=(name) data-from=[frame.from.map(Timestamp::as_ms)]
            data-until=[frame.until.map(Timestamp::as_ms)] data-span=[frame.span.map(|span| span.as_millis())]
            data-step=[frame.step.map(|step| step.as_secs_f64())] data-bound=[frame.bound] data-markers=[markers]
            data-most=[frame.most] {
            canvas role="img" tabindex="0" aria-label={ "Chart of " (name) } {}
            figcaption.legend {}
            @if frame.caption { p.caption data-caption {} }
            details { summary { "View as table" } div.scroll data-table tabindex="0" role="region" aria-label={ "Values of " (name) } {} }
            noscript { p.muted { "The chart needs JavaScript. Its query: " code { (query) } } }
        }
    }
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
