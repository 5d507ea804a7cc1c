//! A link that lets somebody choose a password, once: the first admin's, a new user's, a forgetful one's.
//!
//! Looking at it uses up nothing, so that a mail program that looks first does no harm.

use std::collections::BTreeMap;

use andon_api::{Desk, Problem};
use andon_identity::Secret;
use andon_vocabulary::Via;
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use crate::entrance::said;
use crate::flash::Flash;
use crate::forms::{self, text};
use crate::visit::Visit;

type Fields = BTreeMap<String, String>;

pub async fn page(visit: Visit, Query(fields): Query<Fields>) -> Response {
    show(visit, &text(&fields, "link"), "", None)
}

pub async fn accept(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let (link, handle) = (text(&fields, "link"), text(&fields, "handle").trim().to_owned());
    let password = text(&fields, "password");
    if password != text(&fields, "again") {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the two passwords differ");
        return show(visit, &link, &handle, Some(&problem));
    }
    let desk = Desk { shared: &visit.shared, visitor: &visit.visitor, via: Via::Page };
    match desk.accept(&Secret::new(link.clone()), &handle, Secret::new(password)).await {
        Ok(handle) => {
            let flash =
                Flash { done: true, text: format!("Welcome, {handle}. Sign in with what you chose.") };
            let back = BTreeMap::from([("back".to_owned(), "/sign-in".to_owned())]);
            forms::leave(&back, vec![forms::cookie(crate::flash::COOKIE, &flash.encode(), 60)])
        }
        Err(problem) => show(visit, &link, &handle, Some(&problem)),
    }
}

fn show(visit: Visit, link: &str, handle: &str, problem: Option<&Problem>) -> Response {
    let accounts = visit.shared.accounts().read();
    let Some(invitation) = accounts.invitation(&Secret::new(link), visit.now) else {
        let content = html! {
            h1 { "This link opens nothing" }
            @if let Some(problem) = problem { (said(problem)) }
            p { "It was used, taken back, replaced by a newer one, or is too old. An admin makes another: " code { "andon user invite HANDLE" } "." }
            p { a href="/sign-in" { "Sign in" } }
        };
        return visit.bare(StatusCode::FORBIDDEN, "This link opens nothing", content);
    };
    let is_first = !accounts.has_admin();
    let content = html! {
        h1 { @if is_first { "The first admin" } @else { "Welcome" } }
        @if let Some(problem) = problem { (said(problem)) }
        p.muted {
            @if is_first { "You will let everybody else in. " }
            "Twelve characters or more: three or four words are easy to remember."
        }
        form.stacked method="post" action="/welcome" {
            (forms::token())
            input type="hidden" name="link" value=(link);
            @match &invitation.handle {
                Some(handle) => {
                    label { "Handle" input name="handle" value=(handle) readonly autocomplete="username"; }
                }
                None => {
                    label { "Handle, as in the team files"
                        input name="handle" required value=(handle) maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false";
                    }
                }
            }
            label { "Password" input type="password" name="password" required minlength="12" maxlength="256" autocomplete="new-password"; }
            label { "The same again" input type="password" name="again" required maxlength="256" autocomplete="new-password"; }
            button.primary { "Choose this password" }
        }
    };
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    visit.bare(status, if is_first { "The first admin" } else { "Welcome" }, content)
}
