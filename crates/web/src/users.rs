//! Users and everybody's tokens, for admins.

use std::collections::{BTreeMap, BTreeSet};

use andon_api::{Invited, Problem};
use andon_definitions::Catalog;
use andon_identity::{Accounts, Grant, Thing, Token, User};
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use crate::account::{desk, tokens, words};
use crate::chips::{Tone, chip};
use crate::forms::{self, form, text};
use crate::invitations;
use crate::layout::{Place, card};
use crate::listing::Head::{Actions, Number, Text};
use crate::listing::{Rows, listing};
use crate::may::offer;
use crate::visit::Visit;

pub type Fields = BTreeMap<String, String>;

/// Of each list on the page.
pub const SHOWN_MAX: usize = 200;

pub async fn page(visit: Visit) -> Response {
    show(visit, None)
}

pub fn show(visit: Visit, invited: Option<(&str, &Invited)>) -> Response {
    if let Err(problem) = desk(&visit).administer(Thing::Users) {
        return visit.denied(&problem);
    }
    let accounts = visit.shared.accounts().read();
    let all: Vec<&Token> = accounts.tokens().take(SHOWN_MAX).collect();
    let content = html! {
        header.title { h1 { "Users" } }
        @if let Some((handle, invited)) = invited { (invitations::link(handle, invited, &visit)) }
        (card("invite", "Let somebody in", None, invitations::form_to_make_one(&visit)))
        (card("invitations", "Links that wait to be used", None, invitations::waiting(&accounts, &visit)))
        (card("users", "Who gets in", None, html! {
            (listing("Users", Rows::Stacked, &[Text("User"), Text("May"), Text("Teams"), Number("Sign-ins"), Number("Tokens"), Actions], html! {
                @for user in accounts.users().take(SHOWN_MAX) { (row(user, &accounts, &visit)) }
            }))
            @if accounts.users().count() > SHOWN_MAX { p.muted { code { "andon user list" } " tells of them all." } }
            (strangers(&accounts, visit.catalog()))
        }))
        (card("tokens", "Tokens", Some("of everybody"), tokens(&all, &visit, "Nobody has one.")))
    };
    visit.page(Place::Users, "Users", content)
}

/// Whoever a page may go to and could not answer it.
fn strangers(accounts: &Accounts, catalog: &Catalog) -> Markup {
    let people = catalog.teams.values().flat_map(|team| team.people.keys());
    let people: BTreeSet<&str> =
        people.map(String::as_str).filter(|person| accounts.enabled(person).is_none()).collect();
    html! {
        @if !people.is_empty() {
            p { (chip(Tone::Warn, "no account")) " "
                (people.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", "))
                @if people.len() > SHOWN_MAX { " and " (people.len() - SHOWN_MAX) " more" }
                " may be paged and " @if people.len() == 1 { "has" } @else { "have" }
                " no account that gets in: what is sent to them holds nothing to answer by." }
        }
    }
}

fn row(user: &User, accounts: &Accounts, visit: &Visit) -> Markup {
    let teams = visit.catalog().teams.iter().filter(|(_, team)| team.people.contains_key(&*user.handle));
    let teams: Vec<&str> = teams.map(|(name, _)| name.as_str()).collect();
    let theirs = accounts.tokens().filter(|token| token.owner == user.handle).count();
    let grants: Vec<String> = user.grants.iter().map(ToString::to_string).collect();
    let path = |verb: &str| format!("/users/{}/{verb}", user.handle);
    html! {
        tr data-row {
            td { b { (user.handle) } " " @if user.disabled { (chip(Tone::Warn, "disabled")) } @else if user.password.is_none() { (chip(Tone::Plain, "no password yet")) } }
            td { @for grant in &user.grants { (chip(Tone::Plain, &words(grant))) " " } @if user.grants.is_empty() { span.muted { "what teams give" } } }
            td { @if teams.is_empty() { span.muted { "none" } } @else { (teams.join(", ")) } }
            td.num data-label="sign-ins" { (accounts.sessions_of(&user.handle).count()) }
            td.num data-label="tokens" { (theirs) }
            td {
                details.menu {
                    summary { "Change" }
                    (form(&path("grants"), "/users", "stacked", html! {
                        label { "Grants" input name="grants" value=(grants.join(", ")) autocomplete="off"; }
                        (offer(desk(visit).entrust(Thing::Users), "Grant", || html! { button { "Grant" } }))
                        @if user.disabled { (offer(desk(visit).entrust(Thing::Users), "Enable", || html! { button formaction=(path("enable")) { "Enable" } })) }
                        @else { button formaction=(path("disable")) { "Disable, and end every sign-in and token" } }
                    }))
                }
            }
        }
    }
}

pub async fn grant(visit: Visit, Path(handle): Path<String>, Form(fields): Form<Fields>) -> Response {
    let done = match grants(&fields) {
        Ok(grants) => desk(&visit).grant(&handle, grants).await,
        Err(problem) => Err(problem),
    };
    answer(visit, &fields, done, &format!("what {handle} may is changed"))
}

pub async fn disable(visit: Visit, Path(handle): Path<String>, Form(fields): Form<Fields>) -> Response {
    let done = desk(&visit).disable(&handle).await;
    answer(visit, &fields, done, &format!("{handle} gets in no more"))
}

pub async fn enable(visit: Visit, Path(handle): Path<String>, Form(fields): Form<Fields>) -> Response {
    let done = desk(&visit).enable(&handle).await;
    answer(visit, &fields, done, &format!("{handle} gets in again"))
}

/// What is wrong with a form is said where it stands; what one may not is said by a page.
pub fn answer(visit: Visit, fields: &Fields, done: Result<(), Problem>, words: &str) -> Response {
    match done {
        Ok(()) => forms::said(fields, true, words.to_owned()),
        Err(problem) if matches!(problem.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            visit.denied(&problem)
        }
        Err(problem) => forms::refused(fields, problem.detail),
    }
}

pub fn grants(fields: &Fields) -> Result<Vec<Grant>, Problem> {
    let words = text(fields, "grants");
    let words = words.split([',', ' ']).filter(|word| !word.is_empty());
    let parsed: Result<Vec<Grant>, String> = words.map(str::parse).collect();
    parsed.map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why))
}

#[cfg(test)]
mod tests {
    use andon_api::{Loop, scene};
    use andon_identity::Change;

    use super::*;

    #[test]
    fn whoever_may_be_paged_and_has_no_account_is_named() {
        let still = scene::quiet(scene::EVENING);
        let shown = || strangers(&still.accounts().read(), still.view().catalog()).into_string();
        assert!(shown().contains("ana, ben may be paged and have no account"), "{}", shown());
        let user = User {
            handle: "ana".into(),
            grants: Vec::new(),
            password: None,
            elsewhere: None,
            disabled: false,
            added: scene::EVENING,
        };
        still.accounts().change(Change::Add { user }).expect("she is let in");
        assert!(shown().contains(" ben may be paged and has no account"), "{}", shown());
        still.accounts().change(Change::Disable { handle: "ana".into() }).expect("she leaves");
        assert!(shown().contains("ana, ben may be paged"), "{}", shown());
    }
}
