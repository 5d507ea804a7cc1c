//! What is taken from claims that were verified: what somebody is called, and their groups.

use andon_definitions::instance::Oidc;
use openidconnect::SubjectIdentifier;
use serde_json::{Map, Value};

use super::{NotSaid, Somebody};

/// More groups than anybody is in.
const GROUPS_MAX: usize = 2_000;
const TEXT_BYTES_MAX: usize = 256;

/// All that a token says. Call it only for one that was verified.
pub(super) fn payload(token: &str) -> Option<Map<String, Value>> {
    let part = token.split('.').nth(1)?;
    match serde_json::from_slice(&unpadded(part)?).ok()? {
        Value::Object(said) => Some(said),
        _ => None,
    }
}

/// Base64 as JSON Web Tokens write it (RFC 7515, 2).
fn unpadded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(six)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// What the provider says beside the token, of the same person alone; the token's own word stands.
pub(super) fn join(
    said: &mut Map<String, Value>,
    more: Map<String, Value>,
    subject: &SubjectIdentifier,
) -> Result<(), NotSaid> {
    if more.get("sub").and_then(Value::as_str) != Some(subject.as_str()) {
        return Err(NotSaid::Unproven("the provider answers for somebody else".to_owned()));
    }
    for (name, value) in more {
        said.entry(name).or_insert(value);
    }
    Ok(())
}

pub(super) fn somebody(
    said: &Map<String, Value>,
    oidc: &Oidc,
    subject: &SubjectIdentifier,
) -> Result<Somebody, NotSaid> {
    let claim = &oidc.handle_claim;
    let Some(handle) = said.get(claim).and_then(Value::as_str) else {
        return Err(NotSaid::Unproven(format!(
            "the provider does not say `{claim}`, by which people are known here"
        )));
    };
    // Whoever may write any address into their profile could be anybody.
    if claim == "email" && said.get("email_verified") != Some(&Value::Bool(true)) {
        return Err(NotSaid::Unproven("the provider has not verified the mail address".to_owned()));
    }
    let groups = match said.get(&oidc.groups_claim) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).map(str::to_owned).take(GROUPS_MAX).collect()
        }
        _ => Vec::new(),
    };
    let subject = subject.as_str().to_owned();
    if subject.is_empty() || subject.len() > TEXT_BYTES_MAX || handle.len() > TEXT_BYTES_MAX {
        return Err(NotSaid::Unproven("the provider's words for them are too long".to_owned()));
    }
    Ok(Somebody { subject, handle: handle.to_owned(), groups })
}
