//! CloudEvents 1.0 over HTTP: structured, as a batch, and binary, where the attributes stand in `ce-` headers.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::fields::{self, Fields};
use crate::item::Refused;
use crate::json;
use crate::limits::ALERTS_MAX;

/// The events of a request, each as an object of its attributes and its `data`.
pub fn read(headers: &[(&str, &str)], body: &[u8]) -> Result<Vec<Value>, Refused> {
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
    };
    let kind = header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let events = match kind.as_str() {
        "application/cloudevents+json" => vec![fields::object(body)?],
        "application/cloudevents-batch+json" => match fields::json(body)? {
            Value::Array(events) if events.len() <= ALERTS_MAX => events,
            Value::Array(events) => {
                let count = events.len();
                return Err(Refused::new(format!(
                    "{count} events are too many: at most {ALERTS_MAX} are allowed"
                )));
            }
            _ => return Err(Refused::new("a batch of events is a list")),
        },
        _ if header("ce-specversion").is_some() => vec![binary(headers, &kind, body)?],
        _ => {
            return Err(Refused::new(
                "this is no CloudEvent: neither Content-Type: application/cloudevents+json nor ce- headers",
            ));
        }
    };
    events.into_iter().map(whole).collect()
}

fn binary(headers: &[(&str, &str)], kind: &str, body: &[u8]) -> Result<Value, Refused> {
    let mut event = Map::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if let Some(attribute) = name.strip_prefix("ce-") {
            event.insert(attribute.to_owned(), Value::String(unescaped(value)));
        }
    }
    let is_json = kind.is_empty() || kind.ends_with("/json") || kind.ends_with("+json");
    let data = match (body, is_json) {
        ([], _) => Value::Null,
        (_, true) => fields::json(body)?,
        (_, false) => Value::String(String::from_utf8_lossy(body).into_owned()),
    };
    event.insert("data".to_owned(), data);
    Ok(Value::Object(event))
}

/// Attributes in headers are percent-encoded where they are not printable ASCII.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|hex| *first == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What every event must have is there, and its data is JSON or text.
fn whole(mut event: Value) -> Result<Value, Refused> {
    let attributes = Fields(&event);
    if let Some(version) = attributes.text("specversion").filter(|version| *version != "1.0") {
        return Err(Refused::new(format!("this is version {version:?} of CloudEvents, and 1.0 is read")));
    }
    let missing: Vec<&str> = ["specversion", "id", "source", "type"]
        .into_iter()
        .filter(|name| attributes.text(name).is_none())
        .collect();
    if !missing.is_empty() {
        return Err(Refused::new(format!("this is no CloudEvent: {} is missing", missing.join(", "))));
    }
    if let Some(encoded) = attributes.text("data_base64") {
        let bytes = BASE64_STANDARD
            .decode(encoded.as_bytes())
            .map_err(|error| Refused::new(format!("data_base64 is no base64: {error}")))?;
        let data = json::read(&bytes, &mut Vec::new())
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        event["data"] = data;
    }
    Ok(event)
}
