//! Forms prove that they are ours: each carries a token that only a page which this browser was given can know.
//!
//! The token is derived from the sign-in's cookie; before there is a sign-in, from a cookie that is made for it. A
//! browser that is sent here from another site has the cookie and not the token.

use andon_identity::Secret;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header;

/// The longest form has 64 KiB.
const FORM_BYTES_MAX: usize = 64 * 1024;

pub(super) const FIELD: &str = "form";
pub(super) const HEADER: &str = "x-form-token";
/// What the token is derived from while nobody has signed in.
pub(super) const COOKIE: &str = "andon_form";

tokio::task_local! {
    /// Of the request that is answered.
    pub(super) static TOKEN: String;
}

/// What every form of the page that is being written has to carry, in the field `form`. Empty where nobody has to say
/// who they are.
pub fn form_token() -> String {
    TOKEN.try_with(Clone::clone).unwrap_or_default()
}

pub(super) fn derived(root: &Secret) -> Secret {
    root.derived("form of a page")
}

/// Whether the request carries the token, and the request again.
pub(super) async fn carries(request: Request, expected: &Secret) -> (bool, Request) {
    if let Some(given) = request.headers().get(HEADER).and_then(|value| value.to_str().ok()) {
        return (expected.is(given), request);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return (false, request);
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, FORM_BYTES_MAX).await else {
        return (false, Request::from_parts(parts, Body::empty()));
    };
    let well = field(&bytes).is_some_and(|given| expected.is(&given));
    (well, Request::from_parts(parts, Body::from(bytes)))
}

fn field(form: &Bytes) -> Option<String> {
    form_urlencoded::parse(form).find(|(name, _)| name == FIELD).map(|(_, value)| value.into_owned())
}
