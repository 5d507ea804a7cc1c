//! Every route of the assembled router, walked by everybody who may not pass.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use andon_api::still::Still;
use andon_api::{Answering, Door, Doors, Routes, scene};
use andon_identity::{Change, Permission, Role};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::routing::get;
use tower::ServiceExt;

use super::site::{Proof, Site, tables};

const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

/// Path and doors of each route.
fn table(site: &Site) -> BTreeMap<String, Doors> {
    tables(&site.still).iter().flat_map(|routes| routes.table().clone()).collect()
}

/// Something that fits each name of a path; nothing that is there, so that nothing is done to it.
fn filled(path: &str) -> String {
    let mut filled = String::new();
    for (at, part) in path.split(['{', '}']).enumerate() {
        filled.push_str(match (at % 2, part) {
            (0, text) => text,
            (_, "file") => "andon.css",
            (_, "silenceID") => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            (_, "id") => "999",
            _ => "x",
        });
    }
    filled
}

fn is_refused(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// Walks every route by every method, and says what everybody must be answered.
async fn walk(site: &Site, proof: &Proof, expect: impl Fn(Door) -> Expected) {
    let table = table(site);
    assert!(table.len() > 90, "the tables are whole: {}", table.len());
    for (path, doors) in table {
        for method in METHODS {
            let door = if method.is_safe() { doors.read } else { doors.write };
            let answer = site.send(method.clone(), &filled(&path), proof, "", "").await;
            let said = answer.status;
            // Whoever may ask for it is told that it cannot be had, in Prometheus's way: by 403.
            let is_off = path.ends_with("/-/reload") && answer.body.contains("Lifecycle");
            let well = is_off
                || match expect(door) {
                    Expected::Unknown => said == StatusCode::UNAUTHORIZED,
                    Expected::Denied => said == StatusCode::FORBIDDEN,
                    Expected::Through => !is_refused(said),
                    // The route itself says what it thinks of it.
                    Expected::Known => said != StatusCode::UNAUTHORIZED,
                    Expected::Anything => true,
                };
            assert!(well, "{method} {path} ({door:?}) by {proof:?}: {said}");
        }
    }
}

enum Expected {
    Unknown,
    Denied,
    Through,
    Known,
    Anything,
}

/// The only routes that somebody unknown reaches, whatever the tables say.
const OPEN: [&str; 13] = [
    "/sign-in",
    "/sign-in/elsewhere",
    "/sign-in/back",
    "/sign-in/left",
    "/welcome",
    "/theme",
    "/assets/{file}",
    "/-/healthy",
    "/-/ready",
    "/alertmanager/-/healthy",
    "/alertmanager/-/ready",
    "/alertmanager",
    "/alertmanager/",
];
const OF_SOURCES: [&str; 9] = [
    "/api/v1/in/{source}",
    "/api/v1/in/{source}/{*path}",
    "/v2/{*path}",
    "/v2/enqueue",
    "/v2/change/enqueue",
    "/v2/alerts",
    "/v2/alerts/{identifier}/{action}",
    "/api/v2/generic/incoming",
    "/integrations/v1/formatted_webhook/{token}/",
];

#[tokio::test]
async fn nobody_passes_but_where_everybody_may() {
    let site = Site::new();
    for (path, doors) in table(&site) {
        for door in [doors.read, doors.write] {
            let is_open = OPEN.contains(&path.as_str()) || path == "/api/v1/andon/sign-in";
            let is_own = OF_SOURCES.contains(&path.as_str());
            assert_eq!(matches!(door, Door::Public(_)), is_open, "{path}");
            assert_eq!(matches!(door, Door::Own(_)), is_own, "{path}");
            assert_eq!(matches!(door, Door::Anywhere(_)), path.starts_with("/answers/"), "{path}");
        }
    }
    let unknown = |door| match door {
        Door::Public(_) | Door::Own(_) | Door::Anywhere(_) => Expected::Anything,
        Door::Needs(_) | Door::SignedIn => Expected::Unknown,
    };
    let forged = format!("andon_{}_{}", "0".repeat(12), "f".repeat(64));
    for proof in [
        Proof::None,
        Proof::Bearer(forged),
        Proof::Bearer("hunter2".to_owned()),
        Proof::Session { cookie: "0".repeat(64), form: None },
        Proof::Session { cookie: String::new(), form: None },
    ] {
        walk(&site, &proof, unknown).await;
    }
}

#[tokio::test]
async fn whoever_was_somebody_is_nobody() {
    let site = Site::new();
    let expired = site.token_with("root", None, Duration::from_millis(1));
    let (token, session) = (site.token("ben"), site.session("ben"));
    let revoked = site.token("root");
    scene::wait(&site.still, Duration::from_secs(1));
    site.change(Change::Disable { handle: "ben".into() });
    let Proof::Bearer(text) = &revoked else { panic!("a token") };
    site.change(Change::Revoke { id: text.split('_').nth(1).expect("an id").into() });
    let unknown = |door| match door {
        Door::Public(_) | Door::Own(_) | Door::Anywhere(_) => Expected::Anything,
        Door::Needs(_) | Door::SignedIn => Expected::Unknown,
    };
    for proof in [expired, token, session, revoked] {
        walk(&site, &proof, unknown).await;
    }
}

#[tokio::test]
async fn each_role_passes_where_it_may_and_nowhere_else() {
    for role in Role::ALL {
        let site = Site::new();
        let proof = site.token(if role == Role::Admin { "root" } else { role.word() });
        walk(&site, &proof, |door| match door {
            Door::Public(_) | Door::Own(_) | Door::Anywhere(_) => Expected::Anything,
            Door::SignedIn => Expected::Known,
            Door::Needs(permission) if role.allows(permission) => Expected::Through,
            Door::Needs(_) => Expected::Denied,
        })
        .await;
    }
}

#[tokio::test]
async fn a_token_passes_by_its_scopes_alone() {
    for scope in Permission::ALL {
        let site = Site::new();
        let proof = site.token_with("root", Some(&[scope]), Duration::from_secs(60));
        walk(&site, &proof, |door| match door {
            Door::Public(_) | Door::Own(_) | Door::Anywhere(_) => Expected::Anything,
            Door::SignedIn => Expected::Known,
            Door::Needs(permission) if permission == scope => Expected::Through,
            Door::Needs(_) => Expected::Denied,
        })
        .await;
    }
}

#[tokio::test]
async fn whoever_has_no_grant_passes_nowhere() {
    let site = Site::new();
    let proof = site.token("nothing");
    walk(&site, &proof, |door| match door {
        Door::Public(_) | Door::Own(_) | Door::Anywhere(_) => Expected::Anything,
        Door::SignedIn => Expected::Known,
        Door::Needs(_) => Expected::Denied,
    })
    .await;
}

/// A route that somebody adds beside the table is there for nobody, not even where everybody is the operator.
#[tokio::test]
async fn a_route_without_a_door_cannot_be_reached() {
    for asks in [false, true] {
        let still = Arc::new(scene::quiet(scene::EVENING));
        if asks {
            scene::ask_who_they_are(&still);
        }
        let forgotten = |router: axum::Router| router.route("/forgotten", get(async || "hello"));
        let routes =
            Routes::new().route("/known", Door::Public("a test"), get(async || "hello")).through(forgotten);
        let router = routes.guarded(Arc::<Still>::clone(&still), Answering::Programs);
        for (path, expect) in [("/known", StatusCode::OK), ("/forgotten", StatusCode::FORBIDDEN)] {
            let request =
                Request::get(path).header("host", "localhost").body(Body::empty()).expect("a request");
            let answer = router.clone().oneshot(request).await.expect("it answers");
            assert_eq!(answer.status(), expect, "{path}");
        }
    }
}
