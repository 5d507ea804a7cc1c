//! All routes over the storefront on a bad evening, where people have to say who they are.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use andon_api::still::Still;
use andon_api::{AccountBook, Loop, Routes, scene};
use andon_identity::{Change, Grant, PasswordHash, Permission, Secret, Session, Token, TokenSecret, User};
use andon_vocabulary::Timestamp;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt;

pub const PASSWORD: &str = "three calm green herons";
const FORM: &str = "application/x-www-form-urlencoded";
const HOUR: Duration = Duration::from_secs(3600);

pub struct Site {
    pub still: Arc<Still>,
    router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The value of a cookie that it sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.set_cookie(name).and_then(|text| Some(text.split(';').next()?.split_once('=')?.1.to_owned()))
    }

    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let texts =
            self.headers.get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        texts.filter(|text| text.starts_with(&format!("{name}="))).map(str::to_owned).next()
    }

    /// The token that the forms of this page carry.
    pub fn form_token(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"form\" value=\"").expect("a form with a token");
        rest.split('"').next().expect("a value").to_owned()
    }
}

/// What a request proves itself by.
#[derive(Clone, Debug)]
pub enum Proof {
    None,
    Bearer(String),
    /// A cookie of a sign-in, and the token of its forms where it is a page that sends.
    Session {
        cookie: String,
        form: Option<String>,
    },
}

fn hash() -> PasswordHash {
    static HASH: OnceLock<PasswordHash> = OnceLock::new();
    HASH.get_or_init(|| PasswordHash::of(&Secret::new(PASSWORD), &[7; 16])).clone()
}

impl Site {
    /// Over a loop of one's own, with nobody in it.
    pub fn over(still: Arc<Still>) -> Site {
        Site { router: routers(&still), still }
    }

    /// checkout leaks, ana and ben of payments answer for it; beside them one user for each role.
    pub fn new() -> Site {
        let still = Arc::new(scene::leaking(scene::EVENING));
        scene::ask_who_they_are(&still);
        let site = Site { router: routers(&still), still };
        site.user("root", &["admin"]);
        site.user("ana", &[]);
        site.user("ben", &[]);
        for role in ["viewer", "responder", "deployer"] {
            site.user(role, &[role]);
        }
        site.user("nothing", &[]);
        site
    }

    pub fn now(&self) -> Timestamp {
        self.still.now()
    }

    pub fn change(&self, change: Change) {
        self.still.change(change).expect("a change that is allowed");
    }

    pub fn user(&self, handle: &str, grants: &[&str]) {
        let grants: Vec<Grant> = grants.iter().map(|grant| grant.parse().expect("a grant")).collect();
        let user = User { password: Some(hash()), ..User::new(handle.into(), grants, self.now()) };
        self.change(Change::Add { user });
    }

    pub fn token(&self, owner: &str) -> Proof {
        self.token_with(owner, None, HOUR)
    }

    pub fn token_with(&self, owner: &str, scopes: Option<&[Permission]>, lasts: Duration) -> Proof {
        let number = self.still.read().tokens().count();
        let mut random = [0; 38];
        random[..8].copy_from_slice(&(number as u64).to_le_bytes());
        let TokenSecret { id, text } = TokenSecret::of(&random);
        let token = Token {
            id,
            owner: owner.into(),
            note: String::new(),
            digest: text.digest(),
            scopes: scopes.map(|scopes| scopes.iter().copied().collect::<BTreeSet<Permission>>()),
            issued: self.now(),
            expires: self.now() + lasts,
            used: None,
            of_terminal: false,
        };
        self.change(Change::Issue { token });
        Proof::Bearer(text.expose().to_owned())
    }

    /// A sign-in that is there already.
    pub fn session(&self, handle: &str) -> Proof {
        let number = self.still.read().sessions_of(handle).count();
        let cookie = Secret::new(format!("{handle:x<60}{number:04}"));
        let (created, expires) = (self.now(), self.now() + HOUR);
        let session = Session { handle: handle.into(), from: None, created, seen: created, expires };
        self.change(Change::SignIn { digest: cookie.digest(), session, instead_of: None });
        Proof::Session { cookie: cookie.expose().to_owned(), form: None }
    }

    pub async fn send(&self, method: Method, path: &str, proof: &Proof, kind: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:7070");
        if !body.is_empty() {
            request = request.header("content-type", kind);
        }
        request = request.header("idempotency-key", format!("{path}{}", self.still.history().head()));
        match proof {
            Proof::None => {}
            Proof::Bearer(token) => request = request.header("authorization", format!("Bearer {token}")),
            Proof::Session { cookie, form } => {
                request = request.header("cookie", format!("andon_session={cookie}"));
                if let Some(form) = form {
                    request = request.header("x-form-token", form);
                }
            }
        }
        self.raw(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("it answers");
        let (parts, body) = response.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        // A stream never ends.
        let bytes = match kind {
            Some("text/event-stream") => Vec::new(),
            _ => to_bytes(body, 1 << 24).await.expect("a body").to_vec(),
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn get(&self, path: &str, proof: &Proof) -> Answer {
        self.send(Method::GET, path, proof, "", "").await
    }

    /// A form as a page of this visitor sends it.
    pub async fn post(&self, path: &str, proof: &Proof, body: &str) -> Answer {
        self.send(Method::POST, path, proof, FORM, body).await
    }

    pub async fn tell(&self, proof: &Proof, command: &str) -> Answer {
        let body = format!("{{\"command\":{command}}}");
        self.send(Method::POST, "/api/v1/andon/commands", proof, "application/json", &body).await
    }

    /// The records of the journal, as they are kept.
    pub fn journal(&self) -> String {
        let records = self.still.history().read(1, usize::MAX).expect("the journal is there");
        records
            .iter()
            .map(|(_, record)| String::from_utf8_lossy(&record.encode()).into_owned() + "\n")
            .collect()
    }
}

pub fn tables(still: &Arc<Still>) -> Vec<Routes> {
    let shared = || Arc::<Still>::clone(still);
    vec![andon_api::routes(shared()), andon_web::routes(shared())]
}

fn routers(still: &Arc<Still>) -> Router {
    let shared = || Arc::<Still>::clone(still);
    andon_api::router(shared()).merge(andon_web::router(shared()))
}
