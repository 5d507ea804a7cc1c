//! Who may: sign in as a program, look after users and tokens.

use std::collections::BTreeSet;
use std::time::Duration;

use andon_definitions::scalar::Period;
use andon_identity::{Grant, Invitation, Permission, Secret, Thing, Token, User};
use andon_vocabulary::{Name, Via};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{BODY_BYTES_MAX, Shared};
use crate::accounts::{Desk, Wanted};
use crate::doors::Visitor;
use crate::entrance::SignIn;
use crate::framework;
use crate::problem::Problem;

type Body<T> = Result<Json<T>, JsonRejection>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    handle: String,
    password: String,
}

/// A token that lasts as long as a sign-in, for a terminal.
pub async fn sign_in(State(shared): State<Shared>, visitor: Visitor, body: Body<Credentials>) -> Response {
    if shared.view().catalog().instance.identity.is_none() {
        return nobody_signs_in().into_response();
    }
    let Credentials { handle, password } = match read(body) {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let password = Secret::new(password);
    let asked = SignIn { handle, password, from: visitor.from, instead_of: None, via: Via::Cli };
    match shared.entrance().sign_in_by_token(&shared, asked).await {
        Ok(issued) => Json(json!({
            "token": issued.text.expose(), "id": issued.id, "expires": issued.expires,
        }))
        .into_response(),
        Err(not_in) => not_in.into_response(),
    }
}

pub async fn me(visitor: Visitor) -> Json<Value> {
    let Some(who) = visitor.principal() else { return Json(json!({ "handle": null, "grants": ["admin"] })) };
    Json(json!({
        "handle": who.handle,
        "grants": who.grants,
        "limited_to": who.limited_to,
        "glass": who.glass,
        "token": who.token(),
    }))
}

pub async fn users(State(shared): State<Shared>, visitor: Visitor) -> Result<Json<Value>, Problem> {
    desk(&shared, &visitor).administer(Thing::Users)?;
    let accounts = shared.accounts().read();
    let shown = |user: &User| {
        json!({
            "handle": user.handle,
            "grants": user.grants,
            "disabled": user.disabled,
            "has_password": user.password.is_some(),
            "added": user.added,
            "sessions": accounts.sessions_of(&user.handle).count(),
            "tokens": accounts.tokens().filter(|token| token.owner == user.handle).count(),
        })
    };
    Ok(Json(accounts.users().map(shown).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    handle: String,
    #[serde(default)]
    grants: Vec<Grant>,
}

pub async fn invite(
    State(shared): State<Shared>,
    visitor: Visitor,
    body: Body<Invite>,
) -> Result<Json<Value>, Problem> {
    let Invite { handle, grants } = read(body)?;
    let invited = desk(&shared, &visitor).invite(&handle, grants).await?;
    Ok(Json(json!({ "link": format!("/welcome?link={}", invited.link.expose()), "until": invited.until })))
}

/// Links that wait to be used. What they hold is told to whoever makes one, once.
pub async fn invitations(State(shared): State<Shared>, visitor: Visitor) -> Result<Json<Value>, Problem> {
    desk(&shared, &visitor).administer(Thing::Users)?;
    let accounts = shared.accounts().read();
    let shown = |(id, invitation): (Name, &Invitation)| {
        json!({
            "id": id,
            "handle": invitation.handle,
            "grants": invitation.grants,
            "by": invitation.by,
            "until": invitation.expires,
        })
    };
    Ok(Json(accounts.invitations(shared.now()).map(shown).collect()))
}

pub async fn uninvite(
    State(shared): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let uninvited = desk(&shared, &visitor).uninvite(&id).await?;
    Ok(Json(json!({ "revoked": id, "handle": uninvited.user })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    grants: Option<Vec<Grant>>,
    disabled: Option<bool>,
}

pub async fn change(
    State(shared): State<Shared>,
    visitor: Visitor,
    Path(handle): Path<String>,
    body: Body<Change>,
) -> Result<Json<Value>, Problem> {
    let Change { grants, disabled } = read(body)?;
    let desk = desk(&shared, &visitor);
    if let Some(grants) = grants {
        desk.grant(&handle, grants).await?;
    }
    match disabled {
        Some(true) => desk.disable(&handle).await?,
        Some(false) => desk.enable(&handle).await?,
        None => {}
    }
    Ok(Json(json!({ "handle": handle })))
}

/// One's own; an admin's list has everybody's.
pub async fn tokens(State(shared): State<Shared>, visitor: Visitor) -> Json<Value> {
    let sees_all = desk(&shared, &visitor).administer(Thing::Tokens).is_ok();
    let accounts = shared.accounts().read();
    let theirs = accounts.tokens().filter(|token| sees_all || visitor.handle() == Some(&token.owner));
    let shown = |token: &Token| {
        json!({
            "id": token.id,
            "owner": token.owner,
            "note": token.note,
            "scopes": token.scopes,
            "issued": token.issued,
            "expires": token.expires,
            "used": token.used,
        })
    };
    Json(theirs.map(shown).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// Left out: for oneself.
    owner: Option<String>,
    #[serde(default)]
    note: String,
    /// Left out: all that the owner may.
    scopes: Option<BTreeSet<Permission>>,
    /// As long as `90d`; left out: as long as the instance allows.
    lasts: Option<String>,
}

pub async fn issue(
    State(shared): State<Shared>,
    visitor: Visitor,
    body: Body<Issue>,
) -> Result<Json<Value>, Problem> {
    let Issue { owner, note, scopes, lasts } = read(body)?;
    let lasts = lasts.as_deref().map(period).transpose()?;
    let owner = owner.map(Into::into).or_else(|| visitor.handle().cloned()).ok_or_else(nobody_signs_in)?;
    let issued = desk(&shared, &visitor).issue(Wanted { owner, note, scopes, lasts }).await?;
    Ok(Json(json!({ "token": issued.text.expose(), "id": issued.id, "expires": issued.expires })))
}

pub async fn revoke(
    State(shared): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    desk(&shared, &visitor).revoke(&id).await?;
    Ok(Json(json!({ "revoked": id })))
}

fn desk<'a>(shared: &'a Shared, visitor: &'a Visitor) -> Desk<'a> {
    Desk { shared, visitor, via: Via::Api }
}

fn period(text: &str) -> Result<Duration, Problem> {
    let parsed = Period::parse(text).map(|period| period.0);
    parsed.map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why))
}

/// What was sent is not repeated: a password may stand in it.
fn read<T>(body: Body<T>) -> Result<T, Problem> {
    let unread = |rejection: JsonRejection| {
        let why = match rejection {
            rejection if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return framework::too_long(BODY_BYTES_MAX).into();
            }
            JsonRejection::MissingJsonContentType(_) => "it must come as application/json",
            JsonRejection::JsonSyntaxError(_) => "it is no JSON",
            JsonRejection::JsonDataError(_) => {
                "it lacks a field, or has one that is unknown or of another kind"
            }
            _ => "it could not be taken in",
        };
        Problem::new(StatusCode::BAD_REQUEST, format!("what was sent cannot be read: {why}"))
            .hint("/api/v1/openapi.json tells what is expected")
    };
    body.map(|Json(read)| read).map_err(unread)
}

fn nobody_signs_in() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "nobody has to say who they are here, so there is nothing to sign in to",
    )
    .hint("`identity: {}` in the instance's spec makes people sign in")
}
