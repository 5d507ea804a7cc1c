//! Shadow: a day beside the pager that is still in charge, page by page, and the days before.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_api::{Beside, NoDay, Reported, beside, reported_days};
use andon_respond::comparison::{Row, Side, Verdict, Whom};
use axum::extract::Query;
use axum::response::Response;
use maud::{Markup, html};

use crate::chips::{Tone, chip};
use crate::layout::{Place, banner, card};
use crate::listing::Head::{Actions, Number, Text};
use crate::listing::{Rows, listing};
use crate::prose::prose;
use crate::times::exact;
use crate::visit::Visit;
use crate::why;

/// Longer lists help nobody.
const ROWS_MAX: usize = 500;
const DAYS_MAX: usize = 31;

pub async fn page(visit: Visit, Query(fields): Query<BTreeMap<String, String>>) -> Response {
    let (shared, day) = (Arc::clone(&visit.shared), fields.get("day").cloned());
    let read = tokio::task::spawn_blocking(move || {
        let days = reported_days(&*shared)?;
        Ok((beside(&*shared, day.as_deref()), days))
    });
    let read: Result<_, String> = read.await.unwrap_or_else(|error| Err(error.to_string()));
    let (found, days) = match read {
        Ok((Err(NoDay::Unread(why)), _)) | Err(why) => return visit.broken(&why),
        Ok(found) => found,
    };
    let value = match &found {
        Ok(beside) => beside.day.clone(),
        Err(_) => fields.get("day").cloned().unwrap_or_default(),
    };
    let content = html! {
        header.title { h1 { "Shadow" }
            form.row method="get" action="/shadow" role="search" {
                label.hidden for="day" { "Day" }
                input #day name="day" type="date" value=(value);
                button { "Show" }
            }
        }
        @match &found {
            Err(NoDay::Unasked(why) | NoDay::Unread(why)) => (banner("wrong", "warn", html! { h2 { "That is no day to show" } p { (why) } })),
            Ok(beside) => { (sums(beside)) (list(&visit, beside)) },
        }
        (before(&visit, &days))
    };
    visit.page(Place::Shadow, "Shadow", content)
}

fn sums(beside: &Beside) -> Markup {
    let counts = &beside.comparison.counts;
    let of = |count: u32, what: &str| html! { dt { (what) } dd { b { (count) } } };
    card(
        "sums",
        &beside.day,
        Some(if beside.settled { "whole" } else { "so far" }),
        html! {
            p.muted { "Whom the pager that is in charge paged, and whom Andon would have paged." }
            dl.facts {
                (of(counts.same, "Both, the same"))
                (of(counts.different, "Both, another"))
                @if counts.unknown > 0 { (of(counts.unknown, "Both, somebody unknown")) }
                (of(counts.only_incumbent, "Only the incumbent"))
                (of(counts.only_andon, "Only Andon"))
            }
            @if let Some(at) = beside.comparison.full {
                p.said.warned { "More happened than is compared: since " (at.second()) " something is missing." }
            }
        },
    )
}

fn list(visit: &Visit, beside: &Beside) -> Markup {
    let rows = &beside.comparison.rows;
    card(
        "rows",
        "Page by page",
        Some("what differs first"),
        html! {
            @if rows.is_empty() { p.muted { "Nobody was paged by either." } }
            @else {
                (listing("Page by page", Rows::Stacked, &[Text("What"), Text("Verdict"), Text("Incumbent"), Text("Andon"), Actions], html! {
                    @for row in rows.iter().take(ROWS_MAX) { (line(visit, row)) }
                }))
            }
            @if rows.len() > ROWS_MAX { p.muted { (rows.len() - ROWS_MAX) " more: " code { "andon shadow report" } " lists them all." } }
        },
    )
}

fn line(visit: &Visit, row: &Row) -> Markup {
    html! {
        tr data-row {
            td.wide { b { (row.title) } br; small { (prose(&row.why, visit.now)) } }
            td { (verdict(row.verdict)) }
            td data-label="incumbent" { (side(visit, row.incumbent.as_ref())) }
            td data-label="Andon" { (side(visit, row.andon.as_ref())) }
            td {
                @if let Some(incident) = row.incident { a href={ "/incidents/" (incident) } { (incident) } " " }
                @if let Some(alert) = row.alert { (why::link(&alert.to_string(), Some(row.at), "Why?")) }
                @if let Some(link) = row.incumbent.as_ref().and_then(|side| side.link.as_deref()) { " " a href=(link) rel="noreferrer" { "Its page" } }
            }
        }
    }
}

fn side(visit: &Visit, side: Option<&Side>) -> Markup {
    html! {
        @match side {
            None => span.muted { "nobody" },
            Some(side) => {
                b { (named(&side.whom)) } " " small { (exact(side.at, visit.now)) }
                @if !side.then.is_empty() { br; small { "then " (named(&side.then)) } }
                @if let Some(at) = side.acknowledged_at {
                    br; small { "acknowledged " @if let Some(by) = &side.acknowledged_by { "by " (named(std::slice::from_ref(by))) " " } (exact(at, visit.now)) }
                }
            },
        }
    }
}

fn named(whom: &[Whom]) -> String {
    let name = |whom: &Whom| match whom {
        Whom::Person(name) => name.to_string(),
        Whom::Receiver(name) => format!("receiver {name}"),
        Whom::Unknown(name) => format!("{name} (unknown here)"),
    };
    whom.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn verdict(verdict: Verdict) -> Markup {
    match verdict {
        Verdict::Same => chip(Tone::Good, "the same"),
        Verdict::Different => chip(Tone::Warn, "another"),
        Verdict::Unknown => chip(Tone::Plain, "somebody unknown"),
        Verdict::OnlyIncumbent => chip(Tone::Bad, "only the incumbent"),
        Verdict::OnlyAndon => chip(Tone::Warn, "only Andon"),
    }
}

fn before(visit: &Visit, days: &[Reported]) -> Markup {
    card(
        "days",
        "Days that were reported",
        Some("newest first"),
        html! {
            @if days.is_empty() { p.muted { "None yet: a day in shadow mode is reported an hour after its end." } }
            @else {
                (listing("Days", Rows::Stacked, &[Text("Day"), Number("The same"), Number("Another"), Number("Unknown"), Number("Only incumbent"), Number("Only Andon"), Text("Reported")], html! {
                    @for one in days.iter().take(DAYS_MAX) {
                        tr data-row {
                            td { a href={ "/shadow?day=" (one.day) } { (one.day) } }
                            td.num data-label="the same" { (one.counts.same) }
                            td.num data-label="another" { (one.counts.different) }
                            td.num data-label="unknown" { (one.counts.unknown) }
                            td.num data-label="only incumbent" { (one.counts.only_incumbent) }
                            td.num data-label="only Andon" { (one.counts.only_andon) }
                            td { small { (exact(one.at, visit.now)) } }
                        }
                    }
                }))
            }
        },
    )
}
