//! Who sends: by a token, where the sender's own clients put it, or by a signature over the payload.

use std::borrow::Cow;
use std::time::Duration;

use andon_definitions::intake::{Proof, Signed, Source};
use andon_definitions::{Format, scalar::Sensitive};
use andon_intake::pagerduty;
use andon_intake::proof::{is_among_signatures, is_signature, is_token};
use andon_vocabulary::Timestamp;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Posted, Trouble, read};
use crate::port::Loop;

/// Where PagerDuty's webhooks are signed.
const PAGERDUTY_SIGNATURE: &str = "x-pagerduty-signature";
/// How old, or how far ahead, what is signed with its time may be.
const SIGNED_WITHIN: Duration = Duration::from_secs(300);

/// Whether the sender may. A source of SNS without a secret is proven by SNS's own signature.
pub(super) fn prove(shared: &dyn Loop, source: &Source, posted: &Posted) -> Result<(), Trouble> {
    let well = match &source.secret {
        None => source.format == Format::Sns,
        Some(Proof::Token(token)) => {
            let secret = secret_of(shared, source, token)?;
            given(posted, source.format).iter().any(|given| is_token(secret.as_bytes(), given.as_bytes()))
        }
        Some(Proof::Signed(signed)) => is_signed(shared, source, signed, posted)?,
    };
    if well { Ok(()) } else { Err(Trouble::Denied("the secret of this source was not given".to_owned())) }
}

/// False of a source whose senders sign.
pub(super) fn is_token_of(shared: &dyn Loop, source: &Source, given: &str) -> Result<bool, Trouble> {
    match &source.secret {
        Some(Proof::Token(token)) => {
            let secret = secret_of(shared, source, token)?;
            Ok(is_token(secret.as_bytes(), given.as_bytes()))
        }
        Some(Proof::Signed(_)) | None => Ok(false),
    }
}

/// The place of a secret is the operator's affair, so only the log tells it.
fn secret_of(shared: &dyn Loop, source: &Source, text: &Sensitive) -> Result<String, Trouble> {
    shared.reach().secret(text).map_err(|why| {
        tracing::error!(source = %source.name, %why, "the secret of a source cannot be read; nothing is taken from it");
        Trouble::Unavailable("the secret of this source cannot be read; its operator finds why in the log".to_owned())
    })
}

/// Every token that a request gives.
fn given<'a>(posted: &'a Posted, format: Format) -> Vec<Cow<'a, str>> {
    let header = |name: &str| posted.headers.get(name).and_then(|value| value.to_str().ok());
    let mut given: Vec<Cow<'a, str>> = Vec::new();
    if let Some((scheme, rest)) = header(header::AUTHORIZATION.as_str()).and_then(|text| text.split_once(' '))
    {
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" | "geniekey" => given.push(rest.trim().into()),
            // What stands in an address as `https://USER:TOKEN@…`, which is all that SNS can be told.
            "basic" => {
                let decoded =
                    BASE64_STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let password =
                    decoded.and_then(|text| text.split_once(':').map(|(_, token)| token.to_owned()));
                given.extend(password.map(Cow::Owned));
            }
            _ => {}
        }
    }
    given.extend(header("x-api-key").map(Cow::Borrowed));
    if format == Format::Gitlab {
        given.extend(header("x-gitlab-token").map(Cow::Borrowed));
    }
    if format == Format::Pagerduty {
        given.extend(pagerduty::Event::read(&posted.body).ok().map(|event| Cow::Owned(event.routing_key)));
    }
    given.extend(read::field(&posted.query, "token").map(Cow::Owned));
    given
}

pub(super) fn genie_key(headers: &HeaderMap) -> Result<&str, Trouble> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = given.and_then(|text| text.strip_prefix("GenieKey "));
    key.map(str::trim).ok_or_else(|| Trouble::Denied("Authorization: GenieKey is missing".to_owned()))
}

fn is_signed(shared: &dyn Loop, source: &Source, signed: &Signed, posted: &Posted) -> Result<bool, Trouble> {
    let secret = secret_of(shared, source, &signed.hmac)?;
    let header = |name: &str| posted.headers.get(name).and_then(|value| value.to_str().ok());
    let named = signed.header.as_deref();
    if source.incumbent && source.format == Format::Pagerduty {
        let signatures = header(named.unwrap_or(PAGERDUTY_SIGNATURE)).unwrap_or_default();
        return Ok(is_among_signatures(secret.as_bytes(), &posted.body, signatures));
    }
    let Some(signature) = named.or_else(|| source.format.signature_header()).and_then(header) else {
        return Ok(false);
    };
    let Some(named) = &signed.timestamp_header else {
        return Ok(is_signature(secret.as_bytes(), &[&posted.body], signature));
    };
    let Some(time) = header(named) else { return Ok(false) };
    let parts: [&[u8]; 3] = [time.as_bytes(), b":", &posted.body];
    Ok(is_recent(time, shared.now()) && is_signature(secret.as_bytes(), &parts, signature))
}

/// Seconds since 1970.
fn is_recent(time: &str, now: Timestamp) -> bool {
    let Some(ms) = time.trim().parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000)) else {
        return false;
    };
    let at = Timestamp::from_ms(ms);
    now.since(at) <= SIGNED_WITHIN && at.since(now) <= SIGNED_WITHIN
}
