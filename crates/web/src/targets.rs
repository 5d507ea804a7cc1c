//! Targets: everything that is scraped, and in words why a scrape fails; below it, who gets the samples. The filter
//! lives in the address.

use std::collections::BTreeMap;

use andon_api::{Dropped, Target};
use andon_vocabulary::Timestamp;
use axum::extract::Query;
use axum::response::Response;
use maud::{Markup, html};

use crate::chips::{Tone, chip};
use crate::elsewhere;
use crate::layout::{Place, card};
use crate::listing::Head::{Number, Text};
use crate::listing::{Rows, listing};
use crate::receivers;
use crate::times::ticking;
use crate::visit::Visit;

/// More rows than this help nobody; the filter finds the others.
const ROWS_MAX: usize = 500;

pub async fn page(visit: Visit, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let wanted = query.get("q").map(String::as_str).unwrap_or_default();
    let failing_only = query.contains_key("failing");
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    let targets = visit.shared.metrics().targets();
    let failing = targets.active.iter().filter(|target| target.error.is_some()).count();
    let asked = targets.active.iter().filter(|target| target.asked.is_some()).count();
    let matching: Vec<&Target> = targets
        .active
        .iter()
        .filter(|target| (!failing_only || target.error.is_some()) && matches(target, &words))
        .collect();
    let mut pools: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
    for target in matching.iter().take(ROWS_MAX) {
        pools.entry(&target.pool).or_default().push(target);
    }
    let content = html! {
        header.title {
            h1 { "Targets" }
            (filter(wanted, failing_only))
        }
        (elsewhere::silence(&visit))
        section.muted data-key="summary" data-renew="5" {
            (summary(targets.active.len(), asked, failing))
            @if !targets.dropped.is_empty() { ", " (targets.dropped.len()) " left out by relabelling" }
        }
        @if matching.is_empty() {
            section.card data-key="none" {
                @if targets.active.is_empty() {
                    p { "Nothing is scraped. Give a service " code { "scrape:" } ", or put a " code { "prometheus.yml" } " beside the definitions." }
                } @else { p { "No target fits. " a href="/targets" { "Show all" } } }
            }
        }
        @for (pool, targets) in &pools {
            @let up = targets.iter().filter(|target| target.error.is_none() && target.asked.is_some()).count();
            (card(&format!("pool-{pool}"), pool, Some(&format!("{up} of {} up", targets.len())), table(pool, targets, visit.now)))
        }
        @if matching.len() > ROWS_MAX { p.muted { (matching.len() - ROWS_MAX) " more: narrow the filter to see them." } }
        @if words.is_empty() && !failing_only { (receivers::section(&visit.shared.metrics().receivers(), visit.now)) }
        @if !targets.dropped.is_empty() && words.is_empty() { (card("dropped", "Left out by relabelling", None, dropped(&targets.dropped))) }
    };
    visit.page(Place::Targets, "Targets", content)
}

fn summary(all: usize, asked: usize, failing: usize) -> Markup {
    html! {
        @match all {
            0 => "No targets",
            1 => "1 target",
            _ => { (all) " targets" }
        }
        @if failing > 0 { ", " b { (failing) @if failing == 1 { " does not answer" } @else { " do not answer" } } }
        @else if asked > 0 { @if asked == all { ", all answer" } @else { ", all that were asked answer" } }
    }
}

fn filter(wanted: &str, failing_only: bool) -> Markup {
    html! {
        form.row method="get" action="/targets" role="search" {
            label.hidden for="q" { "Filter" }
            input #q name="q" type="search" value=(wanted) placeholder="job, address, error …" data-filter autocomplete="off";
            label.row { input type="checkbox" name="failing" checked[failing_only]; "only those that fail" }
            button { "Filter" }
        }
    }
}

fn matches(target: &Target, words: &[String]) -> bool {
    let error = target.error.as_deref().unwrap_or_default();
    let text = format!("{} {} {} {error}", target.pool, target.url, target.labels).to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

fn table(pool: &str, targets: &[&Target], now: Timestamp) -> Markup {
    html! {
        (listing(&format!("Targets of {}", pool), Rows::Even, &[Text("Target"), Text("State"), Text("Asked"), Number("Took"), Number("Every")], html! {
            @for target in targets { (row(target, now)) }
        }))
    }
}

fn row(target: &Target, now: Timestamp) -> Markup {
    html! {
        tr data-row {
            td.wide {
                a href=(target.url) rel="noreferrer" { (target.url) }
                br; small.labels { (target.labels) }
                details { summary { "As discovered" } small.labels { (target.discovered) } }
            }
            td.wide {
                @match (&target.error, target.asked) {
                    (Some(why), _) => { (chip(Tone::Bad, "down")) " " (why) }
                    (None, Some(_)) => (chip(Tone::Good, "up")),
                    (None, None) => (chip(Tone::Plain, "not asked yet")),
                }
            }
            td { @if let Some(asked) = target.asked { (ticking(asked, now)) " ago" } @else { span.muted { "never" } } }
            td.num data-label="took" { @if target.asked.is_some() { (format!("{:.1} ms", target.took.as_secs_f64() * 1e3)) } }
            td.num data-label="every" { (target.interval.as_secs_f64()) " s" }
        }
    }
}

fn dropped(dropped: &[Dropped]) -> Markup {
    html! {
        ul.rows.tight { @for one in dropped.iter().take(ROWS_MAX) {
            li { span.what { b { (one.pool) } " " small.labels { (one.discovered) } } }
        } }
        @if dropped.len() > ROWS_MAX { p.muted { (dropped.len() - ROWS_MAX) " more." } }
    }
}
