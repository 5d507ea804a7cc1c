//! The entrance: signing in by a password, without being told apart from somebody who does not exist, and not often
//! enough to guess.

mod first;
mod random;
mod refusals;
mod tries;
mod vouching;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use andon_identity::{Change, Digest, PasswordHash, Secret, Session, Token, TokenSecret};
use andon_vocabulary::{Access, Deed, Name, Timestamp, Via, Who};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::accounts::Issued;
use crate::port::{Loop, TellError};
use crate::problem::Problem;

pub use first::admin_link;
pub use random::random;

pub const SESSION_COOKIE: &str = "andon_session";

/// Passwords that are proven at the same time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// How long one waits for a place.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is remembered of who tries to get in. Losing it costs an attacker nothing but the wait.
pub struct Entrance {
    places: Arc<Semaphore>,
    tries: tries::Tries,
    refusals: refusals::Refusals,
}

impl Default for Entrance {
    fn default() -> Entrance {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Entrance { places, tries: tries::Tries::default(), refusals: refusals::Refusals::default() }
    }
}

/// Somebody says who they are.
#[derive(Debug)]
pub struct SignIn {
    pub handle: String,
    pub password: Secret,
    pub from: Option<IpAddr>,
    /// The sign-in that this browser had, which ends.
    pub instead_of: Option<Digest>,
    pub via: Via,
}

/// They are who they say.
#[derive(Debug)]
pub struct SignedIn {
    pub handle: Name,
    /// For the cookie.
    pub session: Secret,
    pub expires: Timestamp,
}

/// Why somebody is not let in. Nothing says whether the handle or the password was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotIn {
    Wrong,
    /// May be tried again after so many seconds.
    TooOften {
        after: u64,
    },
    Unavailable(String),
}

impl SignedIn {
    /// The cookie that holds it. `secure` where the connection is encrypted.
    pub fn cookie(&self, now: Timestamp, secure: bool) -> String {
        cookie(self.session.expose(), self.expires.since(now).as_secs(), secure)
    }
}

/// The cookie that takes it back.
pub fn cookie_of_nobody(secure: bool) -> String {
    cookie("", 0, secure)
}

/// No script reads it, and no other site has it sent along but by a link.
fn cookie(session: &str, seconds: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={session}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

impl Entrance {
    /// Signs somebody in: a new session, whatever the browser had before.
    pub async fn sign_in(&self, shared: &Arc<dyn Loop>, asked: SignIn) -> Result<SignedIn, NotIn> {
        let handle = self.prove(shared, &asked).await?;
        let by = "password".to_owned();
        self.open(shared, handle, by, asked.from, asked.instead_of, asked.via).await
    }

    /// Signs a terminal in: a token of all that its owner may, for as long as a sign-in lasts.
    pub(crate) async fn sign_in_by_token(
        &self,
        shared: &Arc<dyn Loop>,
        asked: SignIn,
    ) -> Result<Issued, NotIn> {
        let owner = self.prove(shared, &asked).await?;
        let lasts = shared.view().catalog().instance.identity.clone().unwrap_or_default().session.0;
        let (TokenSecret { id, text }, now) = (TokenSecret::of(&random()), shared.now());
        let expires = now + lasts;
        let from = asked.from.map(|from| from.to_string());
        let who = Who { from, token: Some(id.clone()), ..Who::new(owner.clone(), asked.via) };
        let by = "password".to_owned();
        shared.record(Access { who, deed: Deed::SignedIn { by } }).await.map_err(unavailable)?;
        let note = "a terminal that signed in".to_owned();
        let (issued, digest) = (now, text.digest());
        let token = Token {
            id: id.clone(),
            owner,
            note,
            digest,
            scopes: None,
            issued,
            expires,
            used: None,
            of_terminal: true,
        };
        changed(shared, Change::Issue { token }).await.map_err(unavailable)?;
        Ok(Issued { id, text, expires })
    }

    /// Whose password it is. Takes as long for whoever does not exist.
    pub(crate) async fn prove(&self, shared: &Arc<dyn Loop>, asked: &SignIn) -> Result<Name, NotIn> {
        let now = shared.now();
        self.tries.take(&asked.handle, asked.from, now).map_err(|after| NotIn::TooOften { after })?;
        let accounts = shared.accounts().read();
        let user = accounts.user(&asked.handle);
        let is_enabled = user.is_some_and(|user| !user.disabled);
        let hash = user.and_then(|user| user.password.clone());
        let has_password = hash.is_some();
        let password = asked.password.clone();
        let hash = hash.unwrap_or_else(PasswordHash::nobodys);
        let is_right = self.aside(move || hash.is_of(&password)).await?;
        match user {
            Some(user) if is_right && is_enabled && has_password => {
                self.tries.forgive(&asked.handle, asked.from);
                Ok(user.handle.clone())
            }
            // What is typed as a name may be a password: it is written down only if it is a name.
            known => {
                let person = known.map_or_else(nobody_known, |user| user.handle.clone());
                let why = "the handle or the password is wrong".to_owned();
                self.note_refusal(shared, Who::new(person, asked.via), asked.from, why).await;
                Err(NotIn::Wrong)
            }
        }
    }

    /// Opens a session for somebody who has proven who they are.
    pub async fn open(
        &self,
        shared: &Arc<dyn Loop>,
        handle: Name,
        by: String,
        from: Option<IpAddr>,
        instead_of: Option<Digest>,
        via: Via,
    ) -> Result<SignedIn, NotIn> {
        let lasts = shared.view().catalog().instance.identity.clone().unwrap_or_default().session.0;
        let now = shared.now();
        let (session, expires) = (Secret::of(&random()), now + lasts);
        let from = from.map(|from| from.to_string());
        let who = Who { from: from.clone(), ..Who::new(handle.clone(), via) };
        shared.record(Access { who, deed: Deed::SignedIn { by } }).await.map_err(unavailable)?;
        let kept = Session { handle: handle.clone(), from, created: now, seen: now, expires };
        let change = Change::SignIn { digest: session.digest(), session: kept, instead_of };
        changed(shared, change).await.map_err(unavailable)?;
        Ok(SignedIn { handle, session, expires })
    }

    /// What takes long is done where it holds up nobody, and not too much of it at once.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotIn> {
        let places = Arc::clone(&self.places);
        let Ok(Ok(place)) = tokio::time::timeout(PATIENCE, places.acquire_owned()).await else {
            return Err(NotIn::TooOften { after: 5 });
        };
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|error| NotIn::Unavailable(error.to_string()))
    }

    async fn note_refusal(&self, shared: &Arc<dyn Loop>, who: Who, from: Option<IpAddr>, why: String) {
        let Some(times) = self.refusals.count(from, shared.now()) else { return };
        let who = Who { from: from.map(|from| from.to_string()), ..who };
        let noted = shared.record(Access { who, deed: Deed::SignInRefused { why, times } }).await;
        if let Err(error) = noted {
            tracing::warn!(?error, "a sign-in was refused, and the journal does not know it");
        }
    }
}

/// Who is refused and has no account here.
fn nobody_known() -> Name {
    "somebody unknown".into()
}

/// Makes a change where it may wait for the disk.
pub(crate) async fn changed(shared: &Arc<dyn Loop>, change: Change) -> Result<(), TellError> {
    let shared = Arc::clone(shared);
    let done = tokio::task::spawn_blocking(move || shared.accounts().change(change)).await;
    done.unwrap_or_else(|error| Err(TellError::Unavailable(error.to_string())))
}

fn unavailable(error: TellError) -> NotIn {
    match error {
        TellError::Refused(refusal) => NotIn::Unavailable(refusal.what),
        TellError::Unavailable(why) => NotIn::Unavailable(why),
    }
}

impl From<NotIn> for Problem {
    fn from(not_in: NotIn) -> Problem {
        match not_in {
            NotIn::Wrong => Problem::new(StatusCode::UNAUTHORIZED, "the handle or the password is wrong"),
            NotIn::TooOften { after } => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many have tried to sign in")
                    .hint(format!("try again in {after} s"))
            }
            NotIn::Unavailable(why) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).hint("try again"),
        }
    }
}

impl IntoResponse for NotIn {
    fn into_response(self) -> Response {
        let after = match &self {
            NotIn::TooOften { after } => Some(HeaderValue::from(*after)),
            NotIn::Wrong | NotIn::Unavailable(_) => None,
        };
        let mut response = Problem::from(self).into_response();
        if let Some(after) = after {
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}
