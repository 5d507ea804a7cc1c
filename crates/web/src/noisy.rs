//! Which alerts are worth a page: of each rule, how often somebody was paged for it and then did something.

use andon_api::{LOOKS_BACK, noisy_rules};
use axum::response::Response;
use maud::html;
use tokio::task::spawn_blocking;

use crate::chips::{Tone, chip};
use crate::layout::{Place, card};
use crate::listing::Head::{Number, Text};
use crate::listing::{Rows, listing};
use crate::visit::Visit;

/// Longer lists help nobody.
const ROWS_MAX: usize = 200;
/// Less than this, in percent, and the page was noise more often than not.
const WORTH_IT: u64 = 50;

pub async fn page(visit: Visit) -> Response {
    let (shared, since) = (visit.shared.clone(), visit.now - LOOKS_BACK);
    let rules = match spawn_blocking(move || noisy_rules(shared.history(), since)).await {
        Ok(Ok(rules)) => rules,
        Ok(Err(why)) => return visit.broken(&why),
        Err(error) => return visit.broken(&format!("the look-up ended early: {error}")),
    };
    let table = html! {
        (listing("Rules", Rows::Stacked, &[Text("Rule"), Number("Fired"), Number("Paged"), Number("Acknowledged"), Number("Acted on"), Number("By itself"), Text("Worth it")], html! {
            @for (rule, one) in rules.iter().take(ROWS_MAX) {
                tr data-row {
                    td.wide { b.clamp title=(rule) { (rule) } }
                    td.num data-label="fired" { (one.fired) }
                    td.num data-label="paged" { (one.paged) }
                    td.num data-label="acknowledged" { (one.acknowledged) }
                    td.num data-label="acted on" { (one.acted) }
                    td.num data-label="by itself" { (one.by_itself) }
                    td { @match one.share() {
                        Some(share) => { (chip(if share < WORTH_IT { Tone::Warn } else { Tone::Good }, &format!("{share} %"))) }
                        None => { span.muted { "paged nobody" } }
                    } }
                }
            }
        }))
        @if rules.len() > ROWS_MAX { p.muted { (rules.len() - ROWS_MAX) " more: " code { "andon alerts noisy" } " lists them all." } }
    };
    let content = html! {
        header.title { h1 { "Worth a page?" } a href="/alerts" { "Alerts" } }
        p.muted { "The incidents of the last 30 days that somebody was paged for, by rule: whether somebody then ran a runbook, changed the service, wrote a note, set a silence or ended it with a reason; or whether it was over by itself." }
        @if rules.is_empty() { section.card data-key="none" { p { "No alert has fired." } } }
        @else { (card("noisy", "Rules", Some("the least worth it first"), table)) }
    };
    visit.page(Place::Alerts, "Worth a page?", content)
}
