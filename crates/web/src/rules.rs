//! Rules: each with its query, what came of it when it was last evaluated, and how long that took.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_api::Evaluated;
use andon_definitions::{Rule, RuleGroup};
use andon_vocabulary::Name;
use axum::extract::Query;
use axum::response::Response;
use form_urlencoded::Serializer;
use maud::{Markup, html};

use crate::chips::{Tone, chip};
use crate::elsewhere;
use crate::layout::{Place, card};
use crate::listing::Head::{Number, Text};
use crate::listing::{Rows, listing};
use crate::times::ticking;
use crate::visit::Visit;

/// More rules than this on a page help nobody; the filter finds the others.
const ROWS_MAX: usize = 500;

pub async fn page(visit: Visit, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let wanted = query.get("q").map(String::as_str).unwrap_or_default();
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    let evaluated = visit.shared.metrics().evaluations();
    let view = visit.view.clone();
    let groups = &view.catalog().rules;
    let mut left = ROWS_MAX;
    let mut shown: Vec<(&RuleGroup, Vec<(String, &Rule)>)> = Vec::new();
    let mut found = 0;
    for group in groups {
        let rules: Vec<(String, &Rule)> =
            group.named().filter(|(_, rule)| matches(group, rule, &words)).collect();
        found += rules.len();
        let rules: Vec<(String, &Rule)> = rules.into_iter().take(left).collect();
        left -= rules.len();
        if !rules.is_empty() {
            shown.push((group, rules));
        }
    }
    let all: usize = groups.iter().map(|group| group.rules.len()).sum();
    let failing = view.monitor.failing.len();
    let content = html! {
        header.title { h1 { "Rules" } (filter(wanted)) }
        (elsewhere::silence(&visit))
        section.muted data-key="summary" data-renew="5" {
            (counted(all, "rule")) " in " (counted(groups.len(), "group"))
            @if failing > 0 { ", " b { (failing) " cannot be evaluated" } } @else if all > 0 { ", none fails" }
        }
        @if shown.is_empty() {
            section.card data-key="none" {
                @if all == 0 { p { "There are no rules yet: a rule file among the definitions is all it takes." } }
                @else { p { "No rule has all of these words. " a href="/rules" { "Show all" } } }
            }
        }
        @for (group, rules) in &shown {
            @let every = format!("as its samples arrive, at least every {}", view.catalog().interval_of(group));
            (card(&format!("group-{}", group.full_name()), group.full_name(), Some(&every), table(&visit, group, rules, &evaluated)))
        }
        @if found > ROWS_MAX { p.muted { (found - ROWS_MAX) " more: narrow the filter to see them." } }
    };
    visit.page(Place::Rules, "Rules", content)
}

fn counted(count: usize, what: &str) -> Markup {
    html! { (count) " " (what) @if count != 1 { "s" } }
}

fn filter(wanted: &str) -> Markup {
    html! {
        form.row method="get" action="/rules" role="search" {
            label.hidden for="q" { "Filter" }
            input #q name="q" type="search" value=(wanted) placeholder="name, group, metric …" data-filter autocomplete="off";
            button { "Filter" }
        }
    }
}

fn expr(rule: &Rule) -> &str {
    match rule {
        Rule::Alerting(rule) => &rule.expr,
        Rule::Recording(rule) => &rule.expr,
    }
}

fn matches(group: &RuleGroup, rule: &Rule, words: &[String]) -> bool {
    let text = format!("{} {} {}", group.full_name(), rule.name(), expr(rule)).to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

fn table(
    visit: &Visit,
    group: &RuleGroup,
    rules: &[(String, &Rule)],
    evaluated: &BTreeMap<Name, Evaluated>,
) -> Markup {
    html! {
        (listing(&format!("Rules of {}", group.full_name()), Rows::Even, &[Text("Rule"), Text("State"), Text("Evaluated"), Number("Took"), Number("Samples read"), Number("Series given")], html! {
            @for (name, rule) in rules {
                @let name = Name::from(name.as_str());
                (row(visit, rule, &name, evaluated.get(&name)))
            }
        }))
    }
}

fn row(visit: &Visit, rule: &Rule, name: &Name, evaluated: Option<&Evaluated>) -> Markup {
    let query = expr(rule).trim();
    let explore = Serializer::new(String::from("/explore?")).append_pair("q", query).finish();
    let failing = visit.view.monitor.failing.get(name).map(|failing| failing.error.as_str());
    let error = failing.or_else(|| evaluated.and_then(|evaluated| evaluated.error.as_deref()));
    html! {
        tr data-row {
            td.wide { b { (rule.name()) } br; a href=(explore) title="Explore this query" { code { (query) } } }
            td.wide {
                @if let Some(why) = error { (chip(Tone::Bad, "fails")) " " (why) }
                @else { (state(visit, rule, name, evaluated.is_some())) }
            }
            @match evaluated {
                Some(evaluated) => {
                    td { (ticking(evaluated.at, visit.now)) " ago" }
                    td.num data-label="took" { (took(evaluated.took)) }
                    td.num data-label="samples" { (evaluated.samples) }
                    td.num data-label="series" { (evaluated.series) }
                }
                None => { td { span.muted { "not yet" } } td {} td {} td {} }
            }
        }
    }
}

fn state(visit: &Visit, rule: &Rule, name: &Name, evaluated: bool) -> Markup {
    let held = visit.view.monitor.held(name);
    let alerts = &visit.view.monitor.alerts;
    let firing = held
        .iter()
        .filter(|held| alerts.get(&held.alert).is_some_and(|alert| alert.fired_at().is_some()))
        .count();
    match rule {
        Rule::Recording(_) => html! { (chip(Tone::Plain, "records")) },
        Rule::Alerting(_) if firing > 0 => {
            html! { (chip(Tone::Bad, &format!("{firing} firing"))) " " a href="/alerts" { "alerts" } }
        }
        Rule::Alerting(_) if !held.is_empty() => {
            html! { (chip(Tone::Warn, &format!("{} pending", held.len()))) }
        }
        Rule::Alerting(_) if evaluated => html! { (chip(Tone::Good, "quiet")) },
        Rule::Alerting(_) => html! { (chip(Tone::Plain, "waits for samples")) },
    }
}

fn took(took: Duration) -> String {
    let ms = took.as_secs_f64() * 1e3;
    if ms < 1.0 { format!("{:.0} µs", ms * 1e3) } else { format!("{ms:.1} ms") }
}
