//! That a request comes from who knows the secret. No comparison tells by its time how much was right; a secret that is
//! empty is no secret.

use ring::hmac;

/// More than anybody has secrets at a time.
const SIGNATURES_MAX: usize = 16;

/// Whether a sender gave the token itself.
pub fn is_token(secret: &[u8], given: &[u8]) -> bool {
    if secret.is_empty() {
        return false;
    }
    // Neither length nor content of what is compared is known to the sender: both are hashed under the secret first.
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, given, hmac::sign(&key, secret).as_ref()).is_ok()
}

/// Whether a header is the HMAC-SHA256 of these parts in hex, with or without `sha256=` before it.
pub fn is_signature(secret: &[u8], parts: &[&[u8]], header: &str) -> bool {
    let digits = header.trim();
    let digits = digits.strip_prefix("sha256=").unwrap_or(digits);
    let Some(tag) = unhex(digits).filter(|_| !secret.is_empty()) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, &parts.concat(), &tag).is_ok()
}

/// Whether one of the signatures of such a header is that of the payload: `v1=HEX`, several with a comma between them
/// while its sender changes secrets.
pub fn is_among_signatures(secret: &[u8], payload: &[u8], header: &str) -> bool {
    let signatures = header.split(',').filter_map(|signature| signature.trim().strip_prefix("v1="));
    signatures.take(SIGNATURES_MAX).any(|signature| is_signature(secret, &[payload], signature))
}

/// The signature of these parts as `is_signature` takes it, without `sha256=`.
pub fn sign(secret: &[u8], parts: &[&[u8]]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), &parts.concat());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if digits.len() != 64 {
        return None;
    }
    digits.as_bytes().chunks(2).map(|pair| Some((digit(pair[0])? << 4) | digit(pair[1])?)).collect()
}
