//! What is kept of a request's body beside what it became: its sender's own words, without the keys that open a door.

use andon_vocabulary::Payload;
use serde_json::Value;

use crate::json;

/// Of a longer body the rest is not kept.
pub const KEPT_BYTES_MAX: usize = 64 * 1024;

/// Where senders put their keys into the body itself.
const KEYS: [&str; 4] = ["routing_key", "service_key", "api_key", "token"];

/// Whatever the bytes: as they came, but for what is no UTF-8, which is replaced.
pub fn kept(body: &[u8]) -> Payload {
    let mut text = String::from_utf8_lossy(body).into_owned();
    if KEYS.iter().any(|key| text.contains(key)) {
        text = without_keys(text);
    }
    text.truncate(text.floor_char_boundary(KEPT_BYTES_MAX));
    Payload { body: text.into(), bytes: body.len() as u64 }
}

/// The values of such keys are hidden wherever else they stand too; the rest is the same JSON. What is not JSON is a
/// form: those give their keys in the address.
fn without_keys(text: String) -> String {
    let Ok(mut body) = json::read::<Value>(text.as_bytes(), &mut Vec::new()) else { return text };
    let fields = KEYS.iter().filter_map(|key| body.get(*key)?.as_str());
    let secrets: Vec<String> = fields.filter(|secret| !secret.is_empty()).map(str::to_owned).collect();
    if secrets.is_empty() {
        return text;
    }
    hide(&mut body, &secrets);
    body.to_string()
}

fn hide(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => {
            secrets.iter().for_each(|secret| *text = text.replace(secret.as_str(), "…"));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|field| hide(field, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_body_is_not_kept() {
        let body = br#"{"routing_key": "R0\u00e9\"x", "payload": {"summary": "is R0 down?"}, "client": "R0\u00e9\"x"}"#;
        let kept = kept(body);
        assert_eq!(kept.bytes, body.len() as u64);
        let shown = r#"{"routing_key":"…","payload":{"summary":"is R0 down?"},"client":"…"}"#;
        assert_eq!(&*kept.body, shown);
        assert_eq!(
            &*super::kept(br#"{"x": 1,  "token": ""}"#).body,
            r#"{"x": 1,  "token": ""}"#,
            "as it came"
        );
        let broken = super::kept(br#"{"routing_key": "R0", "summary": "\ud800"}"#);
        assert_eq!(&*broken.body, r#"{"routing_key":"…","summary":"�"}"#, "a broken letter hides no key");
        assert_eq!(&*super::kept(br#"{"a": "\ud800"}"#).body, r#"{"a": "\ud800"}"#);
    }

    #[test]
    fn a_long_body_is_cut_where_a_letter_ends() {
        let kept = kept("é".repeat(KEPT_BYTES_MAX).as_bytes());
        assert_eq!((kept.body.len(), kept.bytes), (KEPT_BYTES_MAX, 2 * KEPT_BYTES_MAX as u64));
        assert!(super::kept(&[0xff, 0xfe]).body.contains('\u{fffd}'));
    }
}
