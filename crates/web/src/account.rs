//! One's own account: what one may, the password, one's tokens, and the glass to break.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_api::{Desk, Issued, Problem, Wanted};
use andon_identity::{Grant, Permission, Principal, Secret, Thing, Token};
use andon_vocabulary::{Name, Via};
use axum::extract::{Form, Path, RawForm};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::{Markup, html};

use crate::chips::{Tone, chip};
use crate::forms::{self, form, text};
use crate::glass;
use crate::layout::{Place, card};
use crate::listing::Head::{Actions, Text};
use crate::listing::{Rows, listing};
use crate::may::offer;
use crate::times::time;
use crate::visit::Visit;

type Fields = BTreeMap<String, String>;

const DAY: Duration = Duration::from_secs(86_400);

pub async fn page(visit: Visit) -> Response {
    show(visit, None)
}

fn show(visit: Visit, issued: Option<&Issued>) -> Response {
    let Some(who) = visit.visitor.principal().cloned() else {
        let hint = html! { "Nobody has to say who they are here. " code { "identity: {}" } " in the instance's spec makes people sign in." };
        return visit.missing("There are no accounts", hint);
    };
    let accounts = visit.shared.accounts().read();
    let own: Vec<&Token> = accounts.tokens().filter(|token| token.owner == who.handle).collect();
    let content = html! {
        header.title { h1 { (who.handle) } }
        @if let Some(issued) = issued { (shown_once(issued, &visit)) }
        (card("may", "What you may", None, may(&who, &visit)))
        (card("tokens", "Your tokens", Some("for programs, and for the command line"), html! {
            (tokens(&own, &visit, "You have none."))
            (new_token(&who))
        }))
        div.columns {
            (card("password", "Password", None, form("/account/password", "/account", "stacked", html! {
                label { "The one you have" input type="password" name="old" required maxlength="256" autocomplete="current-password"; }
                label { "Another" input type="password" name="new" required minlength="12" maxlength="256" autocomplete="new-password"; }
                label { "The same again" input type="password" name="again" required maxlength="256" autocomplete="new-password"; }
                button { "Change it" }
                small { "You are signed out everywhere, at terminals too, and sign in with the new one. Tokens that you issued stay: revoke those that others may know." }
            })))
            (card("glass", "Break the glass", None, glass::offer(&visit)))
        }
    };
    visit.page(Place::Account, "Your account", content)
}

fn may(who: &Principal, visit: &Visit) -> Markup {
    html! {
        p.row { @for grant in &who.grants { (chip(Tone::Plain, &words(grant))) } }
        @if who.grants.is_empty() { p { "Nothing yet: ask an admin." } }
        @if let Some(until) = who.glass { p { "Everything, by broken glass, until " (time(until, visit.now)) "." } }
        p.muted { "Whoever is in a team's file responds and deploys for that team, and sees the rest. Anything else an admin grants." }
    }
}

/// `responder of shop`.
pub fn words(grant: &Grant) -> String {
    match &grant.team {
        Some(team) => format!("{} of {team}", grant.role),
        None => grant.role.to_string(),
    }
}

/// A token is shown when it is made, and never again.
pub fn shown_once(issued: &Issued, visit: &Visit) -> Markup {
    html! {
        (card("issued", "Your new token", Some("shown once: copy it now"), html! {
            code.once { (issued.text.expose()) }
            p.muted { "It opens until " (time(issued.expires, visit.now)) ". Programs send it as " code { "Authorization: Bearer" } ", or as the password of Basic; the command line reads " code { "ANDON_TOKEN" } "." }
        }))
    }
}

pub fn tokens(tokens: &[&Token], visit: &Visit, none: &str) -> Markup {
    html! {
        @if tokens.is_empty() { p.muted { (none) } }
        @else {
            (listing("Tokens", Rows::Stacked, &[Text("Token"), Text("Of"), Text("For"), Text("May"), Text("Until"), Text("Last used"), Actions], html! {
                @for token in tokens { (token_row(token, visit)) }
            }))
        }
    }
}

fn token_row(token: &Token, visit: &Visit) -> Markup {
    let scopes = token
        .scopes
        .as_ref()
        .map(|scopes| scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(", "));
    let is_own = visit.visitor.handle() == Some(&token.owner);
    let may = if is_own { Ok(()) } else { desk(visit).administer(Thing::Tokens) };
    html! {
        tr data-row {
            td { code { (token.id) } }
            td { (token.owner) }
            td.wide { @if token.note.is_empty() { span.muted { "no note" } } @else { (token.note) } }
            td { (scopes.as_deref().unwrap_or("all that its owner may")) }
            td { @if token.expires <= visit.now { (chip(Tone::Warn, "expired")) " " } (time(token.expires, visit.now)) }
            td { @match token.used { Some(used) => (time(used, visit.now)), None => span.muted { "never" } } }
            td { (offer(may, "Revoke", || form(&format!("/account/tokens/{}/revoke", token.id), &visit.here, "", html! { button { "Revoke" } }))) }
        }
    }
}

fn new_token(who: &Principal) -> Markup {
    let own = Grant::permissions(&who.grants);
    let content = html! {
        label { "What it is for" input name="note" required maxlength="200" autocomplete="off"; }
        fieldset.checks {
            legend { "It may; none ticked: all that you may" }
            @for permission in Permission::ALL.into_iter().filter(|permission| own.contains(permission)) {
                label { input type="checkbox" name="scope" value=(permission.word()); (permission.word()) }
            }
        }
        label { "For so many days" input type="number" name="days" required min="1" max="366" value="90"; }
        button { "Issue it" }
    };
    html! { details { summary { "Issue a token" } (form("/account/tokens", "/account", "stacked", content)) } }
}

pub async fn issue(visit: Visit, RawForm(body): RawForm) -> Response {
    let mut wanted = Wanted { owner: own(&visit), note: String::new(), scopes: None, lasts: None };
    let mut scopes = BTreeSet::new();
    for (field, value) in form_urlencoded::parse(&body) {
        match &*field {
            "note" => wanted.note = value.into_owned(),
            "days" => wanted.lasts = value.parse::<u32>().ok().map(|days| DAY * days),
            "scope" => match value.parse() {
                Ok(scope) => drop(scopes.insert(scope)),
                Err(why) => return visit.denied(&Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why)),
            },
            _ => {}
        }
    }
    wanted.scopes = (!scopes.is_empty()).then_some(scopes);
    match desk(&visit).issue(wanted).await {
        Ok(issued) => show(visit, Some(&issued)),
        Err(problem) => visit.denied(&problem),
    }
}

fn own(visit: &Visit) -> Name {
    visit.visitor.handle().cloned().unwrap_or_else(|| "".into())
}

pub async fn revoke(visit: Visit, Path(id): Path<String>, Form(fields): Form<Fields>) -> Response {
    match desk(&visit).revoke(&id).await {
        Ok(()) => forms::said(&fields, true, format!("token {id} opens nothing any more")),
        Err(problem) => visit.denied(&problem),
    }
}

pub async fn password(visit: Visit, Form(fields): Form<Fields>) -> Response {
    if text(&fields, "new") != text(&fields, "again") {
        return forms::refused(&fields, "the two new passwords differ".to_owned());
    }
    let (old, new) = (Secret::new(text(&fields, "old")), Secret::new(text(&fields, "new")));
    match desk(&visit).choose_password(old, new).await {
        Ok(()) => {
            let back = BTreeMap::from([("back".to_owned(), "/sign-in".to_owned())]);
            let gone = andon_api::cookie_of_nobody(visit.visitor.is_encrypted);
            let mut response =
                forms::said(&back, true, "Your password is another now. Sign in with it.".to_owned());
            response
                .headers_mut()
                .extend(HeaderValue::from_str(&gone).map(|gone| (header::SET_COOKIE, gone)));
            response
        }
        Err(problem) => forms::refused(&fields, problem.detail),
    }
}

pub fn desk(visit: &Visit) -> Desk<'_> {
    Desk { shared: &visit.shared, visitor: &visit.visitor, via: Via::Page }
}
