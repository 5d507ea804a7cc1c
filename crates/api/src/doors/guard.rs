//! The guard before every route: from where a request may come, who makes it, and whether they may.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_cycle::State as Loaded;
use andon_identity::{Permission, Resource, Secret, Thing};
use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::credentials::{Proven, cookie, prove};
use super::visitor::{Identified, Visitor};
use super::{Door, Doors, forms, site};
use crate::entrance::{SESSION_COOKIE, random};
use crate::peer::{Origin, Peer};
use crate::port::Loop;
use crate::problem::Problem;

pub(super) struct Guard {
    pub shared: Arc<dyn Loop>,
    pub table: BTreeMap<String, Doors>,
    pub answering: Answering,
}

/// Who does not get through, from where, and why.
pub struct Refusing {
    pub shared: Arc<dyn Loop>,
    pub visitor: Visitor,
    pub problem: Problem,
    pub method: Method,
    pub headers: HeaderMap,
    /// Path and query of what they asked for.
    pub here: String,
}

/// How whoever does not get through is told.
#[derive(Clone, Copy)]
pub enum Answering {
    /// In JSON.
    Programs,
    /// By a page, which this writes.
    People(fn(Refusing) -> Response),
}

pub(super) async fn pass(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if let Some(Door::Anywhere(_)) = guard.door(&request, &method) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<Peer>().copied();
    let view = guard.shared.view();
    let instance = &view.catalog().instance;
    let origin = match Origin::of(peer, request.headers(), instance) {
        Ok(origin) => origin,
        // Whoever spreads requests over servers asks each whether it is well, often in the clear.
        Err(_) if is_asked_whether_well(&path) => Origin::default(),
        Err(why) => return Problem::new(StatusCode::FORBIDDEN, why).into_response(),
    };
    if let Some(why) = site::refused(&method, &path, request.headers(), origin, instance) {
        return Problem::new(StatusCode::FORBIDDEN, why)
            .hint(format!("open Andon by its own address, for example {}", view.respond.url(instance)))
            .into_response();
    }
    let Origin { address: from, is_encrypted } = origin;
    let Some(door) = guard.door(&request, &method) else {
        return Problem::new(StatusCode::FORBIDDEN, format!("nothing says who may use {path}"))
            .into_response();
    };
    if view.catalog().instance.identity.is_none() {
        let visitor = Visitor { identified: Identified::Operator, from, is_encrypted, session: None };
        request.extensions_mut().insert(visitor);
        drop(view);
        return next.run(request).await;
    }
    // Its senders prove themselves to it, by secrets that are none of ours.
    if let Door::Own(_) = door {
        let visitor = Visitor { identified: Identified::Nobody, from, is_encrypted, session: None };
        request.extensions_mut().insert(visitor);
        drop(view);
        return next.run(request).await;
    }
    let proven = guard.proven(request.headers(), &view);
    let (identified, session) = match proven {
        Some(proven) => (Identified::Somebody(Box::new(proven.principal)), proven.session),
        None => (Identified::Nobody, None),
    };
    let visitor = Visitor { identified, from, is_encrypted, session };
    let (root, is_new) = root_of_forms(request.headers(), &visitor);
    let token = forms::derived(&root);
    let refused = match through(door, &visitor, &view) {
        Ok(()) if needs_token(&method, door, &visitor, guard.answering) => {
            let (carries, again) = forms::carries(request, &token).await;
            request = again;
            (!carries).then(foreign_form)
        }
        Ok(()) => None,
        Err(problem) => Some(problem),
    };
    // What waits for an answer must not keep a state that is past: its memory would not be given back before.
    drop(view);
    request.extensions_mut().insert(visitor.clone());
    let shown = token.expose().to_owned();
    let mut response = match refused {
        Some(problem) => {
            let here = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
            let headers = std::mem::take(request.headers_mut());
            let shared = Arc::clone(&guard.shared);
            let refusing = Refusing { shared, visitor, problem, method, headers, here };
            forms::TOKEN.sync_scope(shown, || guard.answering.tell(refusing))
        }
        None => forms::TOKEN.scope(shown, next.run(request)).await,
    };
    if is_new && matches!(guard.answering, Answering::People(_)) {
        let secure = if is_encrypted { "; Secure" } else { "" };
        let text = format!("{}={}; Path=/; HttpOnly; SameSite=Lax{secure}", forms::COOKIE, root.expose());
        response.headers_mut().extend(HeaderValue::from_str(&text).map(|value| (header::SET_COOKIE, value)));
    }
    response
}

impl Guard {
    /// None: the route has none. Where there is no route, there is nothing but to say so.
    fn door(&self, request: &Request, method: &Method) -> Option<Door> {
        let Some(path) = request.extensions().get::<MatchedPath>() else { return Some(Door::SignedIn) };
        let doors = self.table.get(path.as_str())?;
        Some(if method.is_safe() { doors.read } else { doors.write })
    }

    fn proven(&self, headers: &HeaderMap, view: &Loaded) -> Option<Proven> {
        let accounts = self.shared.accounts().read();
        let mut proven = prove(headers, &accounts, view, self.shared.now())?;
        if let Some(change) = proven.seen.take() {
            let shared = Arc::clone(&self.shared);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = shared.accounts().change(change) {
                    tracing::warn!(?error, "when a sign-in or a token was last of use is not noted");
                }
            });
        }
        Some(proven)
    }
}

fn through(door: Door, visitor: &Visitor, view: &Loaded) -> Result<(), Problem> {
    match door {
        Door::Public(_) | Door::Own(_) | Door::Anywhere(_) => Ok(()),
        Door::Needs(permission) => visitor.may(permission, &Resource::all(Thing::Andon), view),
        Door::SignedIn if visitor.principal().is_some() => Ok(()),
        // Whatever it would have needed: nobody has it.
        Door::SignedIn => visitor.may(Permission::View, &Resource::all(Thing::Andon), view),
    }
}

/// A program's token comes with no request by itself, so no other site can make use of it.
fn needs_token(method: &Method, door: Door, visitor: &Visitor, answering: Answering) -> bool {
    if method.is_safe() {
        return false;
    }
    match visitor.principal() {
        Some(_) => visitor.has_session(),
        None => matches!((door, answering), (Door::Public(_), Answering::People(_))),
    }
}

/// What tokens of forms are derived from, and whether this browser has yet to be told.
fn root_of_forms(headers: &HeaderMap, visitor: &Visitor) -> (Secret, bool) {
    let own = |name| cookie(headers, name).filter(|value| value.len() == 64).map(Secret::new);
    let known = if visitor.session.is_some() { own(SESSION_COOKIE) } else { own(forms::COOKIE) };
    match known {
        Some(root) => (root, false),
        None => (Secret::of(&random()), true),
    }
}

fn foreign_form() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "this form is not one of this Andon's, or is from before you signed in",
    )
    .hint("open the page again, and send the form from there")
}

fn is_asked_whether_well(path: &str) -> bool {
    matches!(path.strip_prefix("/alertmanager").unwrap_or(path), "/-/healthy" | "/-/ready")
}

fn is_of_alertmanager(here: &str) -> bool {
    here.starts_with("/api/v2/") || here.starts_with("/alertmanager/")
}

/// Those send a name and a password only when they are asked for them. A browser is not asked: it would keep them and
/// send them by itself, on behalf of other sites too.
fn is_calendar_program(refusing: &Refusing) -> bool {
    let path = refusing.here.split('?').next().unwrap_or_default();
    path == "/api/v1/andon/oncall.ics"
        && !["sec-fetch-mode", "sec-fetch-site", "origin"]
            .iter()
            .any(|name| refusing.headers.contains_key(*name))
}

/// Its clients read nothing else.
fn in_a_string(problem: &Problem) -> Response {
    (problem.status, Json(&problem.detail)).into_response()
}

impl Answering {
    fn tell(self, refusing: Refusing) -> Response {
        let is_unknown = refusing.problem.status == StatusCode::UNAUTHORIZED;
        let scheme = if is_calendar_program(&refusing) { "Basic" } else { "Bearer" };
        let mut response = match self {
            Answering::Programs if is_of_alertmanager(&refusing.here) => in_a_string(&refusing.problem),
            Answering::Programs => refusing.problem.into_response(),
            Answering::People(write) => write(refusing),
        };
        if is_unknown {
            let asks = HeaderValue::from_str(&format!("{scheme} realm=\"Andon\""));
            response.headers_mut().extend(asks.map(|asks| (header::WWW_AUTHENTICATE, asks)));
        }
        response
    }
}
