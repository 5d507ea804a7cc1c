//! A service's own dashboard, made from the metrics that it has: rate, errors, duration, saturation.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_api::{Lookup, Metrics};
use andon_change::Change;
use andon_definitions::{Period, Service};
use andon_timeseries::Matcher;
use andon_vocabulary::METRIC_NAME;
use axum::extract::{Path, Query};
use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::actions;
use crate::chart::{Frame, figure};
use crate::layout::Place;
use crate::services;
use crate::silences;
use crate::visit::Visit;
use panels::{Measured, Panel, panels};

mod panels;

const RANGES: [&str; 5] = ["15m", "1h", "6h", "1d", "7d"];

/// What is looked at to learn which metrics a service has.
const SEEN_WITHIN: Duration = Duration::from_secs(3600);

pub async fn list(visit: Visit) -> Response {
    let content = html! {
        header.title { h1 { "Services" } }
        section.card data-key="services" { (services::table(&visit)) }
    };
    visit.page(Place::Services, "Services", content)
}

pub async fn page(
    visit: Visit,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let view = visit.view.clone();
    let Some(service) = view.catalog().services.get(name.as_str()) else {
        return visit.missing(
            &format!("There is no service {name}"),
            html! { "See " a href="/services" { "all services" } "." },
        );
    };
    let range =
        query.get("range").and_then(|text| Period::parse(text).ok()).filter(|range| *range != Period::ZERO);
    let range = range.unwrap_or(Period::minutes(60));
    let own = matchers(&visit, service);
    let (shared, now, asked) = (visit.shared.clone(), visit.now, own.clone());
    let found = spawn_blocking(move || {
        let lookup = Lookup { any_of: &[asked], from: now - SEEN_WITHIN, to: now };
        measured(shared.metrics(), &lookup)
    });
    let measured = match found.await {
        Ok(Ok(measured)) => measured,
        Ok(Err(why)) => return visit.broken(&why),
        Err(error) => return visit.broken(&format!("the look-up ended early: {error}")),
    };
    let selector: Vec<String> = own.iter().map(ToString::to_string).collect();
    let panels = panels(&measured, &selector.join(","));
    let markers = markers(&visit, &name);
    let content = html! {
        header.title {
            div { h1 { (name) } p.muted { "owned by " (service.owner.name()) ", tier " (service.tier) } }
            nav.row aria-label="Range" { @for choice in RANGES {
                a.button href={ "/services/" (name) "?range=" (choice) } aria-current=[(choice == range.to_string()).then_some("true")] { (choice) }
            } }
        }
        (silences::maintenance(&visit, Some(&name)))
        @if panels.is_empty() {
            section.card { p {
                "No series of the last hour belongs to this service. Its series are those with "
                code { "{" (selector.join(", ")) "}" } ": see " a href="/targets" { "the targets" } "."
            } }
        }
        div.panels { @for panel in &panels { (card(panel, *range, &markers)) } }
    };
    visit.page(Place::Services, &name, content)
}

fn card(panel: &Panel, range: Duration, markers: &str) -> Markup {
    let frame = Frame { span: Some(range), markers: markers.to_owned(), ..Frame::default() };
    let explore =
        form_urlencoded::Serializer::new(String::from("/explore?")).append_pair("q", &panel.query).finish();
    html! {
        section.card aria-label=(panel.title) {
            h2 { (panel.title) " " small { (panel.unit) " · " a href=(explore) { "explore" } } }
            (figure(&panel.query, panel.title, &frame))
        }
    }
}

/// What makes a series the service's own.
fn matchers(visit: &Visit, service: &Service) -> Vec<Matcher> {
    if !service.select.is_empty() {
        return service
            .select
            .iter()
            .map(|(name, value)| Matcher::equal(name.as_str(), value.as_str()))
            .collect();
    }
    let label = visit.catalog().instance.labels.service.first();
    vec![Matcher::equal(label.map_or("service", String::as_str), service.name.as_str())]
}

/// The metrics of the service with the labels that they carry.
fn measured(metrics: &dyn Metrics, lookup: &Lookup<'_>) -> Result<Measured, String> {
    let mut measured: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for labels in metrics.series(lookup).map_err(|error| error.to_string())? {
        let known = measured.entry(labels.name().to_owned()).or_default();
        for (name, _) in labels.iter().filter(|(name, _)| *name != METRIC_NAME) {
            if !known.contains(name) {
                known.insert(name.to_owned());
            }
        }
    }
    Ok(measured)
}

/// The service's own changes, as lines in every chart.
fn markers(visit: &Visit, service: &str) -> String {
    let changes = visit.view.change.changes.values().filter(|change| &**change.what.service() == service);
    let marker = |change: &Change| json!({ "at": change.at.as_ms(), "text": actions::change(&change.what) });
    let markers: Vec<_> = changes.map(marker).collect();
    json!(markers).to_string()
}
