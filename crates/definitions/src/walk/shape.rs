//! Small questions about a piece of schema.

use serde_json::Value;

use crate::source::Spot;
use crate::yaml::{Kind, Node};

/// Where a mapping begins: its first key, so that a finding never underlines a whole block.
pub(super) fn head(node: &Node) -> Spot {
    match &node.kind {
        Kind::Map(entries) => {
            entries.first().map_or_else(|| node.spot.clone(), |entry| entry.key_spot.clone())
        }
        _ => node.spot.clone(),
    }
}

pub(super) fn accepts_anything(schema: &Value) -> bool {
    ["type", "oneOf", "anyOf", "enum", "const", "properties"].iter().all(|key| schema.get(key).is_none())
}

pub(super) fn is_choice(schema: &Value) -> bool {
    (schema.get("oneOf").is_some() || schema.get("anyOf").is_some()) && schema.get("properties").is_none()
}

pub(super) fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Null | Kind::Bool(false) => true,
        Kind::Text(text) => text.is_empty(),
        Kind::List(items) => items.is_empty(),
        Kind::Map(entries) => entries.is_empty(),
        Kind::Bool(true) | Kind::Number(_) => false,
    }
}

/// An alternative that stands for leaving it out.
pub(super) fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null") || is_bare(schema)
}

pub(super) fn is_bare(schema: &Value) -> bool {
    ["$ref", "properties", "oneOf", "anyOf", "enum", "const", "items", "format"]
        .iter()
        .all(|key| schema.get(key).is_none())
        && schema.get("type").is_none_or(|kind| kind == "object")
}

pub(super) fn allows(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        None => accepts_anything(schema),
        Some(Value::String(name)) => name == kind,
        Some(Value::Array(names)) => names.iter().any(|name| name == kind),
        Some(_) => false,
    }
}

pub(super) fn fits(node: &Node, schema: &Value) -> bool {
    match &node.kind {
        Kind::Null => false,
        Kind::Bool(_) => allows(schema, "boolean"),
        Kind::Number(number) => allows(schema, "number") || (number.is_i64() && allows(schema, "integer")),
        Kind::Text(_) => allows(schema, "string"),
        Kind::List(_) => allows(schema, "array"),
        Kind::Map(_) => allows(schema, "object"),
    }
}

pub(super) fn keys(schema: &Value) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter();
    properties.flat_map(|properties| properties.keys().map(String::as_str)).collect()
}

pub(super) fn required(schema: &Value) -> Vec<&str> {
    let listed = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(Value::as_str).collect()
}

pub(super) fn words(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    listed.chain(schema.get("const")).filter_map(Value::as_str).collect()
}
