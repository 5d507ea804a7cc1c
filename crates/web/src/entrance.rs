//! Signing in, and what whoever does not get through is shown.

use std::collections::BTreeMap;

use andon_api::{NotIn, Problem, Refusing, SignIn};
use andon_identity::Secret;
use andon_vocabulary::Via;
use axum::extract::{Form, Query};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::forms::{self, safe, text};
use crate::visit::Visit;

type Fields = BTreeMap<String, String>;

pub async fn page(visit: Visit, Query(fields): Query<Fields>) -> Response {
    let next = safe(fields.get("next")).to_owned();
    if visit.visitor.principal().is_some() {
        return Redirect::to(&next).into_response();
    }
    show(visit, StatusCode::OK, &next, "", None)
}

pub async fn sign_in(visit: Visit, Form(fields): Form<Fields>) -> Response {
    let next = safe(fields.get("next")).to_owned();
    let handle = text(&fields, "handle").trim().to_owned();
    if visit.catalog().instance.identity.is_none() {
        return Redirect::to(&next).into_response();
    }
    let asked = SignIn {
        handle: handle.clone(),
        password: Secret::new(text(&fields, "password")),
        from: visit.visitor.from,
        instead_of: visit.visitor.session.clone(),
        via: Via::Page,
    };
    match visit.shared.entrance().sign_in(&visit.shared, asked).await {
        Ok(signed_in) => {
            let cookie = signed_in.cookie(visit.now, visit.visitor.is_encrypted);
            forms::leave(
                &BTreeMap::from([("back".to_owned(), next)]),
                HeaderValue::from_str(&cookie).into_iter().collect(),
            )
        }
        Err(not_in) => not_let_in(visit, &next, &handle, not_in),
    }
}

fn not_let_in(visit: Visit, next: &str, handle: &str, not_in: NotIn) -> Response {
    let after = match &not_in {
        NotIn::TooOften { after } => Some(HeaderValue::from(*after)),
        NotIn::Wrong | NotIn::Unavailable(_) => None,
    };
    let problem = Problem::from(not_in);
    let mut response = show(visit, problem.status, next, handle, Some(&problem));
    response.headers_mut().extend(after.map(|after| (header::RETRY_AFTER, after)));
    response
}

fn show(visit: Visit, status: StatusCode, next: &str, handle: &str, problem: Option<&Problem>) -> Response {
    let content = html! {
        h1 { "Sign in" }
        @if let Some(problem) = problem { (said(problem)) }
        form.stacked method="post" action="/sign-in" {
            (forms::token())
            input type="hidden" name="next" value=(next);
            label { "Handle"
                input name="handle" required value=(handle) maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus[handle.is_empty()];
            }
            label { "Password"
                input type="password" name="password" required maxlength="256" autocomplete="current-password" autofocus[!handle.is_empty()];
            }
            button.primary { "Sign in" }
        }
        @if let Some(oidc) = visit.oidc() {
            @let encoded = form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
            p { "Or " a href={ "/sign-in/elsewhere?next=" (encoded) } { "sign in by " (oidc.name) } "." }
        }
        p.muted { "No password yet, or lost it? An admin makes you a link: " code { "andon user invite HANDLE" } "." }
        @if !visit.shared.accounts().read().has_admin() {
            p.muted { "There is no admin yet. Whoever started Andon was shown a link in the terminal: open it." }
        }
    };
    visit.bare(status, "Sign in", content)
}

/// Somebody comes back from elsewhere and is not let in; a password still may.
pub fn not_vouched(visit: Visit, next: &str, problem: &Problem) -> Response {
    show(visit, problem.status, next, "", Some(problem))
}

/// Why not, in a line.
pub fn said(problem: &Problem) -> Markup {
    html! {
        p.said.bad role="alert" { (problem.detail) "." @if let Some(hint) = &problem.hint { " " (hint) "." } }
    }
}

/// Whoever is unknown is asked who they are, and goes on to where they wanted to.
pub fn refused(refusing: Refusing) -> Response {
    let Refusing { shared, visitor, problem, method, headers, here } = refusing;
    let visit = Visit::of(&shared, visitor, &headers, here);
    // A page that freshens itself shows what it has.
    if visit.fragment {
        return problem.into_response();
    }
    if visit.visitor.principal().is_some() {
        return visit.denied(&problem);
    }
    let next = if method == Method::GET { visit.here.clone() } else { "/".to_owned() };
    // That nobody is known needs no words; anything else does.
    let told = (problem.status != StatusCode::UNAUTHORIZED).then_some(&problem);
    let status = problem.status;
    show(visit, status, safe(Some(&next)), "", told)
}
