//! The frame around every page: the rail, who you are, what was just said, and the headers that fence it in.

use andon_api::Problem;
use andon_identity::{Permission, Thing};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::forms;
use crate::visit::{Theme, Visit};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Now,
    Incidents,
    Alerts,
    Silences,
    Why,
    Deliveries,
    Shadow,
    OnCall,
    Explore,
    Services,
    Targets,
    Rules,
    Reviews,
    Users,
    Account,
    Nowhere,
}

/// Everything here is our own; styles of elements are set by scripts through the object model only.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Badges of the rail, and what a page that freshens itself needs beside its main part.
struct Counts {
    incidents: usize,
    alerts: usize,
}

impl Visit {
    pub fn page(self, place: Place, title: &str, content: Markup) -> Response {
        let counts = self.counts();
        let main = html! {
            main #main tabindex="-1" data-title=(title) data-incidents=(counts.incidents) data-alerts=(counts.alerts) {
                (content)
            }
        };
        let read_once = self.flash.is_some() && !self.fragment;
        let body = if self.fragment { main } else { self.frame(place, title, &counts, main) };
        let mut response = Html(body.into_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("x-fragment, cookie"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if read_once {
            headers.append(header::SET_COOKIE, forms::cookie(crate::flash::COOKIE, "", 0));
        }
        response
    }

    /// A page that says what is missing.
    pub fn missing(self, what: &str, hint: Markup) -> Response {
        let content = html! {
            header.title { h1 { (what) } }
            p { (hint) }
        };
        (StatusCode::NOT_FOUND, self.page(Place::Nowhere, what, content)).into_response()
    }

    /// Something of ours failed: the journal or a query.
    pub fn broken(self, why: &str) -> Response {
        let content = html! {
            header.title { h1 { "This page could not be made" } }
            p { (why) }
            p.muted { "Try again; if it stays, " code { "andon doctor" } " and the log say more." }
        };
        (StatusCode::INTERNAL_SERVER_ERROR, self.page(Place::Nowhere, "Error", content)).into_response()
    }

    fn counts(&self) -> Counts {
        let incidents = self.view.respond.incidents.open.values();
        let firing = self.view.monitor.alerts.values().filter(|alert| alert.fired_at().is_some());
        Counts { incidents: incidents.filter(|incident| !incident.is_over()).count(), alerts: firing.count() }
    }

    fn frame(&self, place: Place, title: &str, counts: &Counts, main: Markup) -> Markup {
        let instance = &self.catalog().instance.name;
        let theme = (self.theme != Theme::Auto).then(|| self.theme.word());
        html! {
            (DOCTYPE)
            html lang="en" data-theme=[theme] {
                head {
                    (head(title, instance))
                    script type="module" src="/assets/andon.js" {}
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.rail(place, counts))
                    div.page {
                        @if self.catalog().instance.is_shadow() {
                            p.said.warned role="note" { strong { "SHADOW: " } "everything is decided, nothing is delivered and nothing is changed. " a href="/deliveries?state=withheld" { "What would have been sent" } " · " a href="/shadow" { "Who would have been paged otherwise" } }
                        }
                        div #said role="status" aria-live="polite" {
                            @if let Some(flash) = &self.flash {
                                p.said.bad[!flash.done].good[flash.done] {
                                    strong { @if flash.done { "Done: " } @else { "Not done: " } } (flash.text)
                                }
                            }
                        }
                        (main)
                    }
                    (help())
                }
            }
        }
    }

    fn rail(&self, place: Place, counts: &Counts) -> Markup {
        let link = |to: Place, href: &str, key: &str, word: &str, badge: Option<(&str, usize)>| {
            html! {
                a href=(href) data-go=(key) aria-current=[(to == place).then_some("page")] {
                    (word)
                    @if let Some((name, count)) = badge {
                        span.badge data-badge=(name) hidden[count == 0] { (count) }
                    }
                }
            }
        };
        html! {
            nav.rail aria-label="Andon" {
                a.brand href="/" { "andon" span.muted { (self.catalog().instance.name) } }
                div.links {
                    (link(Place::Now, "/", "n", "Now", None))
                    (link(Place::Incidents, "/incidents", "i", "Incidents", Some(("incidents", counts.incidents))))
                    (link(Place::Alerts, "/alerts", "a", "Alerts", Some(("alerts", counts.alerts))))
                    (link(Place::Silences, "/silences", "m", "Silences", None))
                    (link(Place::Deliveries, "/deliveries", "d", "Deliveries", None))
                    // Who has nothing to compare has no use for it.
                    @if self.catalog().instance.is_shadow() || self.view.respond.beside.has_cases() {
                        (link(Place::Shadow, "/shadow", "h", "Shadow", None))
                    }
                    (link(Place::Why, "/why", "w", "Why", None))
                    (link(Place::OnCall, "/oncall", "o", "On call", None))
                    h2 { "Monitor" }
                    (link(Place::Explore, "/explore", "e", "Explore", None))
                    (link(Place::Services, "/services", "s", "Services", None))
                    (link(Place::Targets, "/targets", "t", "Targets", None))
                    (link(Place::Rules, "/rules", "u", "Rules", None))
                    h2 { "Improve" }
                    (link(Place::Reviews, "/reviews", "r", "Reviews", None))
                    @if self.visitor.principal().is_some() && self.may(Permission::Administer, Thing::Users) {
                        h2 { "Administer" }
                        (link(Place::Users, "/users", "p", "Users", None))
                    }
                }
                div.me {
                    @match self.visitor.handle() {
                        Some(handle) => (self.signed_in(place, handle)),
                        None => (self.who_are_you()),
                    }
                    form method="post" action="/theme" data-theme-form {
                        input type="hidden" name="back" value=(self.here);
                        (forms::token())
                        button.quiet name="theme" value=(self.theme.next().word()) title="t" {
                            "Theme: " span data-theme-word { (self.theme.word()) }
                        }
                    }
                    p.muted.zone { "Times in " span data-zone { "UTC" } span.live data-live hidden { " · live" } }
                }
            }
        }
    }
}

impl Visit {
    fn signed_in(&self, place: Place, handle: &str) -> Markup {
        html! {
            p { "Signed in as "
                a.self href="/account" aria-current=[(place == Place::Account).then_some("page")] { (handle) }
            }
            (forms::form("/sign-out", "/", "", html! { button.quiet { "Sign out" } }))
        }
    }

    /// Nobody has to sign in: the pages say for whom they are.
    fn who_are_you(&self) -> Markup {
        html! {
            form method="post" action="/me" {
                input type="hidden" name="back" value=(self.here);
                label for="person" { "You are" }
                div.row {
                    select #person name="person" {
                        @for person in self.people() {
                            option value=(person) selected[*person == *self.me] { (person) }
                        }
                    }
                    button { "Switch" }
                }
            }
        }
    }

    /// A page for whoever has not signed in: it tells nothing of what is going on.
    pub fn bare(self, status: StatusCode, title: &str, content: Markup) -> Response {
        let theme = (self.theme != Theme::Auto).then(|| self.theme.word());
        let body = html! {
            (DOCTYPE)
            html lang="en" data-theme=[theme] {
                head { (head(title, "Andon")) }
                body.bare {
                    main #main tabindex="-1" {
                        p.brand { "andon" }
                        @if let Some(flash) = &self.flash {
                            p.said.bad[!flash.done].good[flash.done] role="status" { (flash.text) }
                        }
                        (content)
                    }
                }
            }
        };
        let mut response = (status, Html(body.into_string())).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.flash.is_some() {
            response.headers_mut().append(header::SET_COOKIE, forms::cookie(crate::flash::COOKIE, "", 0));
        }
        response
    }

    /// A page that says what one may not.
    pub fn denied(self, problem: &Problem) -> Response {
        let content = html! {
            header.title { h1 { "You may not do that" } }
            p { (problem.detail) "." }
            @if let Some(hint) = &problem.hint { p.muted { (hint) "." } }
            p { a href="/" { "What is going on now" } }
        };
        let status = problem.status;
        (status, self.page(Place::Nowhere, "Not allowed", content)).into_response()
    }
}

fn head(title: &str, of: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title { (title) " · " (of) }
        link rel="icon" href="/assets/andon.svg" type="image/svg+xml";
        link rel="stylesheet" href="/assets/andon.css";
    }
}

fn help() -> Markup {
    let keys = [
        ("g then n, i, a", "go to Now, Incidents, Alerts"),
        ("g then e, s, t, u", "go to Explore, Services, Targets, Rules"),
        ("g then m, d, w, h", "go to Silences, Deliveries, Why, Shadow"),
        ("g then r, p", "go to Reviews, Users"),
        ("/", "filter"),
        ("j, k", "next row, row before"),
        ("a", "acknowledge"),
        ("t", "theme"),
        ("?", "this help"),
    ];
    html! {
        dialog #help aria-label="Keys" {
            h2 { "Keys" }
            dl { @for (key, what) in keys { dt { kbd { (key) } } dd { (what) } } }
            form method="dialog" { button { "Close" } }
        }
    }
}

pub async fn nothing_here(visit: Visit) -> Response {
    let hint = html! { "See " a href="/" { "what is going on now" } "." };
    visit.missing("There is no such page", hint)
}

/// The headers that every answer of ours has.
pub async fn fenced(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// A titled card that a live page replaces as a whole.
pub fn card(key: &str, title: &str, aside: Option<&str>, content: Markup) -> Markup {
    html! {
        section.card data-key=(key) {
            h2 { (title) @if let Some(aside) = aside { " " small { (aside) } } }
            (content)
        }
    }
}

/// Words with a colour that say something about all of Andon.
pub fn banner(key: &str, tone: &str, content: Markup) -> Markup {
    html! { section data-key=(key) class={ "banner " (PreEscaped(tone)) } role="alert" { (content) } }
}
