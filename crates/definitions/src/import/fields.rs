//! What stands in another program's JSON: taken by its pointer, or said to be missing.

use andon_vocabulary::{Stretch, Timestamp};
use serde_json::Value;

/// More of anything than a schedule that people keep has.
pub const MOST: usize = 5_000;

pub fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let all = value.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    &all[..all.len().min(MOST)]
}

/// A time with its offset, as both programs write it.
pub fn time(value: &Value, key: &str) -> Option<Timestamp> {
    text(value, key)?.parse().ok()
}

pub fn stretch(value: &Value, from: &str, until: &str) -> Option<Stretch> {
    let stretch = Stretch { from: time(value, from)?, until: time(value, until)? };
    (stretch.from < stretch.until).then_some(stretch)
}
