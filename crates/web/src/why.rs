//! Why: of an alert, a person or an incident, at a time: the path to whoever was told, or to where it ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_api::{Asked, NoAnswer, WINDOW, ask_why};
use andon_cycle::{Sign, Stage, Step, Why};
use andon_definitions::Period;
use andon_vocabulary::Timestamp;
use axum::extract::Query;
use axum::response::Response;
use form_urlencoded::Serializer;
use maud::{Markup, html};

use crate::layout::{Place, banner, card};
use crate::prose::prose;
use crate::times::{exact, span};
use crate::visit::Visit;

/// Suggestions beside the form; whoever looks for another one types it.
const SUGGESTED_MAX: usize = 100;

type Fields = BTreeMap<String, String>;

pub async fn page(visit: Visit, Query(fields): Query<Fields>) -> Response {
    let of = fields.get("of").map(|of| of.trim()).filter(|of| !of.is_empty());
    let answer = match (of, asked(&fields)) {
        (None, _) => None,
        (Some(_), Err(why)) => Some(Err(NoAnswer::Unasked(why))),
        (Some(of), Ok(asked)) => {
            let asked = Asked { of: of.to_owned(), ..asked };
            Some(ask_why(Arc::clone(&visit.shared), asked).await)
        }
    };
    let content = html! {
        header.title { h1 { "Why was somebody told, or not?" } }
        (card("question", "Ask", None, question(&visit, &fields)))
        @match &answer {
            None => p.muted { "An alert: whom it led to, or where its way ended. A person: every page they got, and every one they did not get, with the reason." },
            Some(Err(NoAnswer::Unasked(why) | NoAnswer::Unread(why))) => (banner("wrong", "warn", html! { h2 { "That cannot be answered" } p { (why) } })),
            Some(Ok(why)) => (show(&visit, why)),
        }
    };
    visit.page(Place::Why, "Why", content)
}

fn asked(fields: &Fields) -> Result<Asked, String> {
    let text = |name: &str| fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let at = text("at").map(moment).transpose()?;
    let window = text("window").map(Period::parse).transpose()?.map_or(WINDOW, |window| *window);
    Ok(Asked { of: String::new(), at, window })
}

/// As a time input writes it, in UTC; or with its own zone.
fn moment(text: &str) -> Result<Timestamp, String> {
    let forms = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    let read = forms.iter().find_map(|text| text.parse().ok());
    read.ok_or_else(|| format!("{text:?} is not a time: write it as 2026-11-20T14:02, in UTC"))
}

fn question(visit: &Visit, fields: &Fields) -> Markup {
    let value = |name: &str, otherwise: &str| fields.get(name).map_or(otherwise, String::as_str).to_owned();
    html! {
        form.inline method="get" action="/why" role="search" {
            label.grow { "Alert, person or incident"
                input name="of" required value=(value("of", "")) maxlength="4096" autocomplete="off" spellcheck="false" list="known"
                    placeholder=r#"TargetDown{service="shop"}, ana, INC-7"#; }
            label { "At (UTC; empty: now)" input name="at" type="datetime-local" step="1" value=(local(&value("at", ""))); }
            label { "Looking back" input name="window" value=(value("window", "12h")) size="5" autocomplete="off"; }
            button.primary { "Ask" }
            datalist #known { @for name in known(visit) { option value=(name) {} } }
        }
    }
}

/// What a time input shows: seconds of UTC, without its letter.
fn local(text: &str) -> String {
    match moment(text) {
        Ok(at) => at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        Err(_) => String::new(),
    }
}

/// People first, then what goes on.
fn known(visit: &Visit) -> Vec<String> {
    let incidents = visit.view.respond.incidents.open.keys().rev().map(ToString::to_string);
    let alerts = visit.view.monitor.alerts.values().filter_map(|alert| alert.labels.get("alertname"));
    let mut known: Vec<String> = visit.people().into_iter().map(str::to_owned).collect();
    for name in incidents.chain(alerts.map(str::to_owned)) {
        if known.len() >= SUGGESTED_MAX {
            break;
        }
        if !known.contains(&name) {
            known.push(name);
        }
    }
    known
}

fn show(visit: &Visit, why: &Why) -> Markup {
    let aside = format!("at {}, looking back {}", why.at.second(), span(why.at.since(why.since)));
    html! {
        (card("answer", &why.short, Some(&aside), html! {
            @for note in &why.notes { p.muted { (prose(note, visit.now)) } }
            (tree(visit, &why.steps))
            p.muted { "The same: " code { "andon why " (quoted(&why.of)) " --at " (why.at.second()) } }
        }))
    }
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn tree(visit: &Visit, steps: &[Step]) -> Markup {
    html! {
        @if !steps.is_empty() {
            ol.why { @for step in steps { li class=(class(step.sign)) {
                div.head {
                    span.sign { (sign(step.sign)) }
                    span.stage { (stage(step.stage)) }
                    span.text { (prose(&step.text, visit.now)) }
                    small.where {
                        @if let Some(at) = step.at { (exact(at, visit.now)) " " }
                        @if let Some(place) = &step.definition { code { (place) } " " }
                        @if let Some(record) = step.record { span.muted title="in the journal" { "#" (record) } }
                    }
                }
                (tree(visit, &step.steps))
            } } }
        }
    }
}

fn class(sign: Sign) -> &'static str {
    match sign {
        Sign::Led => "led",
        Sign::Stopped => "stopped",
        Sign::Waits => "waits",
        Sign::Said => "",
    }
}

/// A word for whoever sees no colour.
fn sign(sign: Sign) -> Markup {
    let (mark, word) = match sign {
        Sign::Led => ("✓", "led on: "),
        Sign::Stopped => ("✗", "ended here: "),
        Sign::Waits => ("…", "waits: "),
        Sign::Said => ("·", ""),
    };
    html! { span aria-hidden="true" { (mark) } span.hidden { (word) } }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Alert => "alert",
        Stage::Urgency => "urgency",
        Stage::Suppression => "silence",
        Stage::Incident => "incident",
        Stage::Team => "team",
        Stage::Schedule => "on call",
        Stage::Escalation => "escalation",
        Stage::Page => "page",
        Stage::Acknowledgement => "answer",
        Stage::Route => "route",
        Stage::Group => "group",
        Stage::Notification => "notification",
        Stage::Attempt => "attempt",
    }
}

/// To the answer about something.
pub fn link(of: &str, at: Option<Timestamp>, words: &str) -> Markup {
    let mut query = Serializer::new(String::new());
    query.append_pair("of", of);
    if let Some(at) = at {
        query.append_pair("at", &at.to_string());
    }
    let query = query.finish();
    html! { a.why-link href={ "/why?" (query) } { (words) } }
}
