//! Links by which somebody chooses a password: made, shown once, listed while they wait, taken back. Part of Users.

use andon_api::Invited;
use andon_identity::{Accounts, Invitation, Thing};
use andon_vocabulary::Name;
use axum::extract::{Form, Path};
use axum::response::Response;
use maud::{Markup, html};

use crate::account::{desk, words};
use crate::chips::{Tone, chip};
use crate::forms::{form, text};
use crate::layout::card;
use crate::listing::Head::{Actions, Text};
use crate::listing::{Rows, listing};
use crate::may::offer;
use crate::times::time;
use crate::users::{Fields, SHOWN_MAX, answer, grants, show};
use crate::visit::Visit;

/// Shown when it is made, and never again.
pub fn link(handle: &str, invited: &Invited, visit: &Visit) -> Markup {
    let instance = &visit.catalog().instance;
    let origin = if instance.external_url.is_some() { instance.url() } else { visit.origin.clone() };
    html! {
        (card("link", &format!("A link for {handle}"), Some("shown once: send it to them now"), html! {
            code.once { (origin) "/welcome?link=" (invited.link.expose()) }
            p.muted { "It works once, until " (time(invited.until, visit.now)) ", and whoever has it chooses the password." }
        }))
    }
}

pub fn form_to_make_one(visit: &Visit) -> Markup {
    html! {
        (form("/users", "/users", "inline", html! {
            label { "Handle" input name="handle" required maxlength="64" list="people" autocomplete="off" autocapitalize="none" spellcheck="false"; }
            datalist #people { @for person in visit.people() { option value=(person); } }
            label.grow { "Beside what their teams give" input name="grants" placeholder="viewer, responder:shop" autocomplete="off"; }
            (offer(desk(visit).entrust(Thing::Users), "Make a link", || html! { button.primary { "Make a link" } }))
        }))
        p.muted { "The handle is the one in the team files. For somebody who has lost the password it makes another link, and changes nothing of what they may." }
    }
}

/// What each holds is not known here any more.
pub fn waiting(accounts: &Accounts, visit: &Visit) -> Markup {
    let mut open: Vec<(Name, &Invitation)> = accounts.invitations(visit.now).collect();
    open.sort_by_key(|(_, invitation)| invitation.expires);
    html! {
        @if open.is_empty() { p.muted { "None." } }
        @else {
            (listing("Links that wait to be used", Rows::Stacked, &[Text("For"), Text("May, if new"), Text("By"), Text("Until"), Actions], html! {
                @for (id, invitation) in open.iter().take(SHOWN_MAX) { (row(id, invitation, visit)) }
            }))
        }
        @if open.len() > SHOWN_MAX { p.muted { code { "andon user invitations" } " tells of them all." } }
    }
}

fn row(id: &Name, invitation: &Invitation, visit: &Visit) -> Markup {
    let whose = invitation.handle.as_deref().unwrap_or("the first admin");
    let (path, back) = (format!("/users/invitations/{id}/revoke"), "/users");
    html! {
        tr data-row {
            td { b { (whose) } " " code { (id) } }
            td { @for grant in &invitation.grants { (chip(Tone::Plain, &words(grant))) " " } @if invitation.grants.is_empty() { span.muted { "what teams give" } } }
            td data-label="by" { @match &invitation.by { Some(by) => (by), None => span.muted { "whoever started Andon" } } }
            td data-label="until" { (time(invitation.expires, visit.now)) }
            td {
                details.menu {
                    summary { "Take back …" }
                    (form(&path, back, "stacked", html! {
                        p { "The link for " (whose) " opens nothing any more, whoever has it." }
                        button { "Take it back" }
                    }))
                }
            }
        }
    }
}

pub async fn invite(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let handle = text(&fields, "handle").trim().to_owned();
    let invited = match grants(&fields) {
        Ok(grants) => desk(&visit).invite(&handle, grants).await,
        Err(problem) => Err(problem),
    };
    match invited {
        Ok(invited) => show(visit, Some((&handle, &invited))),
        Err(problem) => answer(visit, &fields, Err(problem), ""),
    }
}

pub async fn revoke(visit: Visit, Path(id): Path<String>, Form(fields): Form<Fields>) -> Response {
    let (words, done) = match desk(&visit).uninvite(&id).await {
        Ok(uninvited) => {
            let whose = uninvited.user.as_deref().unwrap_or("the first admin").to_owned();
            (format!("the link for {whose} opens nothing any more"), Ok(()))
        }
        Err(problem) => (String::new(), Err(problem)),
    };
    answer(visit, &fields, done, &words)
}
