//! One request for a page: the view it is rendered from, the time, and who looks.

use std::convert::Infallible;

use andon_api::{View, Visitor};
use andon_definitions::instance::Oidc;
use andon_definitions::{Catalog, Duty, Team};
use andon_identity::{Permission, Resource, Thing};
use andon_vocabulary::{Name, Timestamp};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST};
use axum::http::request::Parts;

use crate::Shared;
use crate::flash::Flash;

pub const PERSON: &str = "andon_person";
pub const THEME: &str = "andon_theme";

pub struct Visit {
    pub shared: Shared,
    pub view: View,
    pub now: Timestamp,
    /// Who looks, and what they may.
    pub visitor: Visitor,
    /// By name: whoever has signed in; where nobody has to, whoever the cookie names, else whoever is on call.
    pub me: Name,
    /// Path and query, where a form leads back to.
    pub here: String,
    /// Scheme, host and port that this visitor came by.
    pub origin: String,
    pub theme: Theme,
    pub flash: Option<Flash>,
    /// Only the main part is wanted: a page that is already shown freshens itself.
    pub fragment: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the viewer's system says.
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn next(self) -> Theme {
        match self {
            Theme::Auto => Theme::Dark,
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Auto,
        }
    }

    fn of(word: &str) -> Theme {
        match word {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Visit, Infallible> {
        let visitor = Visitor::from_request_parts(parts, shared).await?;
        let here = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        Ok(Visit::of(shared, visitor, &parts.headers, here))
    }
}

impl Visit {
    pub fn of(shared: &Shared, visitor: Visitor, headers: &HeaderMap, here: String) -> Visit {
        let view = shared.view();
        let now = shared.now();
        let named = cookie(headers, PERSON).filter(|person| is_known(view.catalog(), person));
        let scheme = if visitor.is_encrypted { "https" } else { "http" };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let said =
            || named.map(Name::from).or_else(|| whoever_is_on_call(view.catalog(), &view.respond.duty, now));
        let me = visitor.handle().cloned().or_else(said).unwrap_or_else(|| "somebody".into());
        Visit {
            me,
            visitor,
            here,
            origin: format!("{scheme}://{host}"),
            theme: cookie(headers, THEME).map_or(Theme::Auto, Theme::of),
            flash: cookie(headers, crate::flash::COOKIE).and_then(Flash::decode),
            fragment: headers.contains_key("x-fragment"),
            shared: Shared::clone(shared),
            view,
            now,
        }
    }

    /// Whether to show what leads to this. Whether it is done is decided when it is asked for.
    pub fn may(&self, permission: Permission, what: Thing) -> bool {
        self.visitor.may(permission, &Resource::all(what), &self.view).is_ok()
    }

    /// Who vouches for people here, if somebody does.
    pub fn oidc(&self) -> Option<&Oidc> {
        self.catalog().instance.identity.as_ref()?.oidc.as_ref()
    }

    pub fn catalog(&self) -> &Catalog {
        self.view.catalog()
    }

    /// Everybody who can be on call, once each.
    pub fn people(&self) -> Vec<&str> {
        let mut people: Vec<&str> =
            self.catalog().teams.values().flat_map(|team| team.people.keys().map(String::as_str)).collect();
        people.sort_unstable();
        people.dedup();
        people
    }
}

pub fn is_known(catalog: &Catalog, person: &str) -> bool {
    catalog.teams.values().any(|team| team.people.contains_key(person))
}

/// The default team's first; `primary` before any other rotation.
fn whoever_is_on_call(catalog: &Catalog, duty: &Duty, now: Timestamp) -> Option<Name> {
    let default = catalog.team_for(None);
    let teams = default.into_iter().chain(catalog.teams.values());
    teams.filter_map(|team| on_duty(team, duty, now)).next()
}

fn on_duty(team: &Team, duty: &Duty, now: Timestamp) -> Option<Name> {
    let rotation = team.oncall.get_key_value("primary").or_else(|| team.oncall.iter().next());
    let shift = rotation.and_then(|(name, _)| duty.shift(team, name, now));
    shift.map(|shift| shift.person).or_else(|| team.people.keys().next().cloned()).map(Name::from)
}

pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let headers = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
