//! A text that was filled in, as Alertmanager takes it where any tree may stand: as the YAML that it reads as.

use serde_json::{Map, Number, Value};

use crate::diagnostic::SourceFile;
use crate::source::{Findings, Source};
use crate::yaml::{self, Kind, Node};

/// A longer text is itself, unless it is JSON: reading YAML takes its time, and what is read may come from a label.
const BYTES_MAX: usize = 16 * 1024;

/// What a text says as YAML 1.1; the text itself where it says no more than that. Its own texts are read so too.
pub fn inline(text: &str) -> Value {
    let said = text.trim();
    if said.is_empty() {
        return Value::Null;
    }
    // Most are words, which need no reader of YAML.
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/');
    if said.starts_with(char::is_alphabetic) && said.chars().all(plain) {
        return word(said).unwrap_or_else(|| text.into());
    }
    if said.starts_with(['[', '{'])
        && let Ok(value) = serde_json::from_str(said)
    {
        return of_json(value);
    }
    if said.len() > BYTES_MAX {
        return text.into();
    }
    let source = Source::new(&SourceFile { path: String::new(), text: text.to_owned() });
    let mut findings = Findings { sources: vec![source], found: Vec::new() };
    let mut documents = yaml::documents(0, &mut findings).into_iter();
    match documents.next().filter(|_| findings.found.is_empty()) {
        Some(node) => read(&node, text, text),
        None => word(said).unwrap_or_else(|| text.into()),
    }
}

fn of_json(value: Value) -> Value {
    match value {
        Value::String(said) => inside(&said),
        Value::Array(items) => items.into_iter().map(of_json).collect(),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, of_json(value))).collect())
        }
        plain => plain,
    }
}

/// `whole` is what the spots of a node count in.
fn read(node: &Node, whole: &str, text: &str) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::List(items) => items.iter().map(|item| nested(item, whole)).collect(),
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.clone(), nested(&entry.value, whole)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Kind::Text(said) => match said == text.trim() {
            true => word(said).unwrap_or_else(|| text.into()),
            false => text.into(),
        },
        Kind::Bool(truth) => Value::Bool(*truth),
        Kind::Number(number) => {
            let written = whole.get(node.spot.span.clone()).unwrap_or_default();
            octal(written).unwrap_or_else(|| Value::Number(number.clone()))
        }
    }
}

fn nested(node: &Node, whole: &str) -> Value {
    match &node.kind {
        Kind::Text(said) => inside(said),
        _ => read(node, whole, ""),
    }
}

/// A text inside of another is read as that is; the quotes around it are gone.
fn inside(said: &str) -> Value {
    match said.parse::<i64>() {
        Ok(number) => octal(said).unwrap_or_else(|| number.into()),
        Err(_) => inline(said),
    }
}

/// The words for truth of YAML 1.1.
fn word(text: &str) -> Option<Value> {
    if text.len() > "false".len() {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let first = text.get(..1).unwrap_or_default().to_ascii_uppercase();
    let usual =
        [&lower, &lower.to_ascii_uppercase(), &format!("{first}{}", lower.get(1..).unwrap_or_default())];
    if !usual.iter().any(|usual| *usual == text) {
        return None;
    }
    match lower.as_str() {
        "y" | "yes" | "on" | "true" => Some(Value::Bool(true)),
        "n" | "no" | "off" | "false" => Some(Value::Bool(false)),
        "null" | "~" => Some(Value::Null),
        _ => None,
    }
}

/// With a zero in front a number counts in eights.
fn octal(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('0').filter(|digits| !digits.is_empty())?;
    i64::from_str_radix(digits, 8).ok().map(|number| Value::Number(Number::from(number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_what_it_reads_as() {
        for (text, expected) in [
            ("1", json!(1)),
            ("010", json!(8)),
            ("1.5", json!(1.5)),
            ("yes", json!(true)),
            ("\"yes\"", json!("\"yes\"")),
            ("", json!(null)),
            ("down: a host", json!({ "down": "a host" })),
            ("a: b: c", json!("a: b: c")),
            ("[FIRING:1] Down", json!("[FIRING:1] Down")),
            ("it is down", json!("it is down")),
            ("{{ .Status }}", json!("{{ .Status }}")),
            (
                r#"[{"a":"1","b":"no","c":"","d":"x: z","e":"{{ .Status }}"}]"#,
                json!([{ "a": 1, "b": false, "c": null, "d": { "x": "z" }, "e": "{{ .Status }}" }]),
            ),
            ("2026-11-23T09:30:00Z", json!("2026-11-23T09:30:00Z")),
        ] {
            assert_eq!(inline(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_breaks_it() {
        arbtest::arbtest(|u| {
            inline(u.arbitrary::<&str>()?);
            Ok(())
        });
        for long in ["[".repeat(100_000), "k: 1\n".repeat(100_000), "- ".repeat(100_000)] {
            assert_eq!(inline(&long), json!(long));
        }
        assert_eq!(inline(&"[".repeat(10_000)), json!("[".repeat(10_000)));
    }
}
