//! The liberties that Prometheus's YAML reader grants and ours does not: an empty key is as none, or as empty text
//! where keys are free to choose, a number may stand where text is wanted, `yes` is true, and `<<` merges.

use serde_json::Value;

use crate::schema::Schemas;
use crate::yaml::{Kind, Node};

/// The tree as its schema wants it. What fits neither way stays, and the walk says so. `text` is the whole file.
pub(crate) fn lenient(node: &mut Node, schema: &Value, schemas: &Schemas, text: &str) {
    let schema = meant(schema, schemas);
    match &mut node.kind {
        Kind::Map(entries) => {
            if let Some(at) = entries.iter().position(|entry| entry.key == "<<") {
                let merged = entries.remove(at).value;
                let sources = match merged.kind {
                    Kind::List(items) => items,
                    _ => vec![merged],
                };
                for source in sources {
                    let Kind::Map(more) = source.kind else { continue };
                    for entry in more {
                        if entries.iter().all(|own| own.key != entry.key) {
                            entries.push(entry);
                        }
                    }
                }
            }
            for entry in entries.iter_mut() {
                // An empty `regex:` is the empty regex, unlike one that is left out.
                if entry.key == "regex" && matches!(entry.value.kind, Kind::Null) {
                    entry.value.kind = Kind::Text(String::new());
                }
            }
            let rest = schema.get("additionalProperties");
            let of_rest = rest.map(|rest| meant(rest, schemas)).filter(|rest| wants(rest, "string"));
            // A matcher with no regular expression is refused where it comes from; the walk says so.
            let is_regex = of_rest.is_some_and(|rest| rest.get("format").is_some_and(|it| it == "andon-re2"));
            if of_rest.is_some() && !is_regex {
                for entry in entries.iter_mut().filter(|entry| matches!(entry.value.kind, Kind::Null)) {
                    entry.value.kind = Kind::Text(String::new());
                }
            }
            entries.retain(|entry| is_regex || !matches!(entry.value.kind, Kind::Null));
            for entry in entries {
                let property = schema.get("properties").and_then(|known| known.get(&entry.key));
                if let Some(property) = property.or(rest) {
                    lenient(&mut entry.value, property, schemas, text);
                }
            }
        }
        Kind::List(items) => {
            if let Some(schema) = schema.get("items") {
                for item in items {
                    lenient(item, schema, schemas, text);
                }
            }
        }
        Kind::Number(number) if wants(schema, "string") => {
            // As it was written: 1.10 is not 1.1.
            let written =
                text.get(node.spot.span.clone()).map(str::trim).filter(|text| !text.starts_with('*'));
            node.kind = Kind::Text(written.map_or_else(|| number.to_string(), str::to_owned));
        }
        Kind::Bool(truth) if wants(schema, "string") => node.kind = Kind::Text(truth.to_string()),
        // In quotes it is a text to Prometheus too.
        Kind::Text(word)
            if wants(schema, "boolean")
                && !text.get(node.spot.span.clone()).is_some_and(|text| text.starts_with(['"', '\''])) =>
        {
            let truth = match word.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" => true,
                "no" | "off" | "n" => false,
                _ => return,
            };
            node.kind = Kind::Bool(truth);
        }
        _ => {}
    }
}

/// Through a reference, and past the alternative of leaving it out.
fn meant<'a>(schema: &'a Value, schemas: &'a Schemas) -> &'a Value {
    let schema = schemas.resolve(schema);
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let first = alternatives.and_then(|found| found.iter().find(|one| !wants(one, "null")));
    first.map_or(schema, |schema| schemas.resolve(schema))
}

fn wants(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == kind,
        Some(Value::Array(names)) => names.first().is_some_and(|name| name == kind),
        _ => false,
    }
}
