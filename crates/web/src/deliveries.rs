//! Deliveries: what was to be sent to whom, through what, every attempt with its answer. The filter lives in the address.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_api::{Sought, sendings};
use andon_cycle::{Sending, SendingKind, SendingState};
use axum::extract::Query;
use axum::response::Response;
use form_urlencoded::Serializer;
use maud::{Markup, html};

use crate::chips::{Tone, chip};
use crate::layout::{Place, banner, card};
use crate::listing::Head::{Actions, Text};
use crate::listing::{Rows, listing};
use crate::prose::prose;
use crate::times::{exact, time};
use crate::visit::Visit;
use crate::why;

/// On one page.
const ROWS: usize = 200;

type Fields = BTreeMap<String, String>;

pub async fn page(visit: Visit, Query(fields): Query<Fields>) -> Response {
    let found = match Sought::of(&fields) {
        Err(why) => Err(why),
        Ok(sought) => {
            let shared = Arc::clone(&visit.shared);
            let read = tokio::task::spawn_blocking(move || sendings(&*shared, &sought)).await;
            match read.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(found) => Ok(found),
                Err(why) => return visit.broken(&why),
            }
        }
    };
    let content = html! {
        header.title { h1 { "Deliveries" } (filter(&fields)) }
        @match &found {
            Err(why) => (banner("wrong", "warn", html! { h2 { "That cannot be looked for" } p { (why) } })),
            Ok((found, left_out)) => (list(&visit, &fields, found, *left_out)),
        }
    };
    visit.page(Place::Deliveries, "Deliveries", content)
}

fn filter(fields: &Fields) -> Markup {
    let value = |name: &str, otherwise: &str| fields.get(name).map_or(otherwise, String::as_str).to_owned();
    let state = value("state", "");
    html! {
        form.row method="get" action="/deliveries" role="search" {
            label.hidden for="q" { "Filter" }
            input #q name="q" type="search" value=(value("q", "")) placeholder="person, channel, receiver, INC-7 …" data-filter autocomplete="off";
            label.hidden for="state" { "State" }
            select #state name="state" {
                option value="" { "any state" }
                @for one in SendingState::ALL { option value=(one.word()) selected[state == one.word()] { (one.word()) } }
            }
            label.hidden for="window" { "Looking back" }
            input #window name="window" value=(value("window", "24h")) size="5" autocomplete="off";
            button { "Filter" }
        }
    }
}

fn list(visit: &Visit, fields: &Fields, found: &[Sending], left_out: u64) -> Markup {
    let from = fields.get("from").and_then(|from| from.parse::<usize>().ok()).unwrap_or(0).min(found.len());
    let shown = &found[from..(from + ROWS).min(found.len())];
    let aside = match found.len() {
        0 => None,
        all => Some(format!("{} to {} of {all}, newest first", from + 1, from + shown.len())),
    };
    html! {
        (card("deliveries", "Sent, and to be sent", aside.as_deref(), html! {
            @if found.is_empty() { p.muted { "Nothing of that kind was to be sent to anybody." } }
            @else {
                (listing("Deliveries", Rows::Stacked, &[Text("What"), Text("To"), Text("State"), Text("Decided"), Text("Attempts"), Actions], html! {
                    @for sending in shown { (row(visit, sending)) }
                }))
            }
            @if left_out > 0 { p.muted { (left_out) " older records were not looked at: choose a shorter time to look back." } }
            div.row {
                @if from > 0 { a.button href=(address(fields, from.saturating_sub(ROWS))) { "Newer" } }
                @if from + shown.len() < found.len() { a.button href=(address(fields, from + ROWS)) { "Older" } }
            }
        }))
    }
}

fn address(fields: &Fields, from: usize) -> String {
    let mut query = Serializer::new(String::new());
    for name in ["q", "state", "window"] {
        if let Some(value) = fields.get(name).filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    format!("/deliveries?{}", query.append_pair("from", &from.to_string()).finish())
}

fn row(visit: &Visit, sending: &Sending) -> Markup {
    let to = html! { b { (sending.to) } " " small { "through " (sending.through) } };
    html! {
        tr data-row {
            td.wide { div.clamp title=(sending.what) { (prose(&sending.what, visit.now)) } small { (sending.kind.word()) ": " (sending.why) } }
            td { (to) }
            td { (state(sending)) @if let Some(next) = sending.next { br; small { "next at " (time(next, visit.now)) } } }
            td { (exact(sending.at, visit.now)) }
            td { @match &sending.attempts[..] {
                [] => span.muted { "no answer yet" },
                [one] => small { (exact(one.at, visit.now)) " " (prose(&one.text, visit.now)) },
                several => details {
                    summary { (several.len()) " attempts" }
                    ol.plain { @for attempt in several { li { small { (exact(attempt.at, visit.now)) " " (prose(&attempt.text, visit.now)) } } } }
                },
            } }
            td {
                @if let Some(incident) = sending.incident { a href={ "/incidents/" (incident) } { (incident) } " " }
                @match (sending.kind, sending.incident) {
                    (SendingKind::Notification, _) => {}
                    (_, Some(incident)) => (why::link(&incident.to_string(), Some(last(sending)), "Why?")),
                    (_, None) => (why::link(&sending.to, Some(last(sending)), "Why?")),
                }
            }
        }
    }
}

/// When it was last heard of: by then its story is told.
fn last(sending: &Sending) -> andon_vocabulary::Timestamp {
    sending.attempts.last().map_or(sending.at, |attempt| attempt.at)
}

fn state(sending: &Sending) -> Markup {
    let tone = match sending.state {
        SendingState::Owed => Tone::Warn,
        SendingState::Accepted | SendingState::Arrived => Tone::Good,
        SendingState::Failed => Tone::Bad,
        SendingState::Dropped | SendingState::Withheld => Tone::Plain,
    };
    chip(tone, sending.state.word())
}
