//! Broken glass: an admin's authority in an emergency, in sight of everybody until somebody has looked at it.

use std::collections::BTreeMap;

use andon_vocabulary::Command;
use axum::extract::{Form, Path};
use axum::response::Response;
use maud::{Markup, html};

use crate::forms::{self, form, text};
use crate::layout::banner;
use crate::may;
use crate::times::time;
use crate::visit::Visit;

type Fields = BTreeMap<String, String>;

/// The form that breaks it.
pub fn offer(visit: &Visit) -> Markup {
    let most =
        visit.catalog().instance.identity.as_ref().map_or(0, |identity| identity.glass.0.as_secs() / 60);
    html! {
        (form("/account/glass", "/", "stacked", html! {
            label { "Why" textarea name="reason" required maxlength="2000" {} }
            label { "For so many minutes" input type="number" name="minutes" required min="1" max=(most) value=(most.min(30)); }
            button { "Break the glass" }
        }))
        p.muted { "You may do everything then. It is in the journal, everybody sees it on Now, and another admin looks at what you did." }
    }
}

/// What waits for somebody to look at it.
pub fn banners(visit: &Visit) -> Markup {
    html! {
        @for (id, glass) in &visit.view.instance.glass {
            (banner(&id.to_string(), "warn", html! {
                h2 { (glass.person) @if glass.until > visit.now { " has broken the glass" } @else { " broke the glass" } " " small { (id) } }
                p {
                    "At " (time(glass.at, visit.now)) ": " (glass.reason) ". "
                    @if glass.until > visit.now { "They may do everything until " (time(glass.until, visit.now)) "." }
                    @else { "It is over, and nobody has looked at what was done." }
                }
                @if visit.me != glass.person {
                    @let may = visit.may_say(&Command::ReviewGlass { glass: *id, note: String::new() });
                    (may::offer(may, "Reviewed", || form(&format!("/glass/{id}/review"), "/", "inline", html! {
                        label.grow { "What you found" input name="note" required maxlength="2000" autocomplete="off"; }
                        button { "Reviewed" }
                    })))
                }
            }))
        }
    }
}

pub async fn smash(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let minutes = text(&fields, "minutes").parse().unwrap_or(0);
    forms::tell(visit, &fields, Command::BreakGlass { reason: text(&fields, "reason"), minutes }).await
}

pub async fn review(visit: Visit, Path(id): Path<String>, Form(fields): Form<Fields>) -> Response {
    match id.parse() {
        Ok(glass) => {
            forms::tell(visit, &fields, Command::ReviewGlass { glass, note: text(&fields, "note") }).await
        }
        Err(why) => forms::refused(&fields, why),
    }
}
