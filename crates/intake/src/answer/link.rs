//! Links and codes that only this Andon can have made: each for one person, one notice and one deed.
//!
//! A link holds what it is for in the open, and an HMAC-SHA256 of it. It passes, and what it does is done once: the
//! notice is the idempotency key of the command.

use std::time::Duration;

use andon_vocabulary::{IncidentId, IntentId, Name, Timestamp};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;

use super::Deed;

/// How long a link can be followed: a night, and less than an answered command is remembered.
pub const HOLDS_FOR: Duration = Duration::from_secs(12 * 3600);

/// Longer than any that was made.
const LINK_BYTES_MAX: usize = 1024;

/// Of the tag; half of it leaves 128 bits.
const TAG_BYTES: usize = 16;

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    pub deed: Deed,
    pub person: Name,
    /// What the person was told it in.
    pub notice: IntentId,
    pub until: Timestamp,
}

impl Pass {
    /// The last part of the link's address.
    pub fn seal(&self, secret: &[u8]) -> String {
        let Pass { deed, person, notice, until } = self;
        let said = format!("{deed}\n{person}\n{notice}\n{}", until.as_ms());
        let tag = tag(secret, "link", said.as_bytes());
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}", encode(said.as_bytes()), encode(&tag.as_ref()[..TAG_BYTES]))
    }

    /// What a link is for, if this Andon made it and it has not passed. The error is for whoever followed it.
    pub fn open(secret: &[u8], link: &str, now: Timestamp) -> Result<Pass, &'static str> {
        let not_ours = "this link is not one that this Andon made";
        if secret.is_empty() || link.len() > LINK_BYTES_MAX {
            return Err(not_ours);
        }
        let (said, given) = link.split_once('.').ok_or(not_ours)?;
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| not_ours);
        let (said, given) = (decode(said)?, decode(given)?);
        if !is_same(secret, &given, &tag(secret, "link", &said).as_ref()[..TAG_BYTES]) {
            return Err(not_ours);
        }
        let said = String::from_utf8(said).map_err(|_| not_ours)?;
        let pass = read(&said).ok_or(not_ours)?;
        if pass.until <= now {
            return Err("this link has passed; open the incident in Andon instead");
        }
        Ok(pass)
    }
}

fn read(said: &str) -> Option<Pass> {
    let lines: Vec<&str> = said.split('\n').collect();
    let [deed, person, notice, until] = lines.as_slice() else { return None };
    Some(Pass {
        deed: deed.parse().ok()?,
        person: (*person).into(),
        notice: notice.parse().ok()?,
        until: Timestamp::from_ms(until.parse().ok()?),
    })
}

/// What a person replies to a text message to acknowledge: six digits, theirs for this incident alone.
pub fn code(secret: &[u8], incident: IncidentId, person: &str) -> String {
    let tag = tag(secret, "code", format!("{incident}\n{person}").as_bytes());
    let number = tag.as_ref().iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
}

/// Two uses of one secret never sign the same.
fn tag(secret: &[u8], what_for: &str, said: &[u8]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, &[b"andon ", what_for.as_bytes(), b"\n", said].concat())
}

/// Tells by its time nothing of how much was right.
fn is_same(secret: &[u8], given: &[u8], ours: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, given, hmac::sign(&key, ours).as_ref()).is_ok()
}
