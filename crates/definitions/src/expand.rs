//! `for: { i: 1..40 }` in a scenario's world, written out before anything else looks at it.

use crate::source::Findings;
use crate::yaml::{Entry, Kind, Node};

/// More entries than this were not meant.
const ENTRIES_MAX: usize = 10_000;

/// Repeats the entries of `spec.world` that have `for`, with `${{ i }}` replaced in their texts.
pub(crate) fn scenario(document: &mut Node, findings: &mut Findings) {
    let Some(world) = get_mut(document, "spec").and_then(|spec| get_mut(spec, "world")) else { return };
    let Kind::List(entries) = &mut world.kind else { return };
    let mut written = Vec::with_capacity(entries.len());
    for entry in std::mem::take(entries) {
        let Some(range) = entry.get("for") else {
            written.push(entry);
            continue;
        };
        match parse(range) {
            Some((name, numbers)) if numbers.clone().count() + written.len() <= ENTRIES_MAX => {
                let bare = without_for(&entry);
                written.extend(numbers.map(|number| replaced(&bare, &name, number)));
            }
            Some(_) => {
                findings.error(
                    "too-large",
                    &range.spot,
                    format!("a world has at most {ENTRIES_MAX} entries"),
                );
            }
            None => {
                findings
                    .error("wrong-value", &range.spot, "this is not one variable with a range")
                    .hint("write it as `for: { i: 1..40 }`, and `${{ i }}` where it is used");
            }
        }
    }
    *entries = written;
}

fn get_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.kind {
        Kind::Map(entries) => entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value),
        _ => None,
    }
}

fn parse(range: &Node) -> Option<(String, std::ops::RangeInclusive<i64>)> {
    let Kind::Map(entries) = &range.kind else { return None };
    let [Entry { key, value, .. }] = entries.as_slice() else { return None };
    let (first, last) = value.text()?.split_once("..")?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last && last - first < i64::from(u16::MAX)).then(|| (key.clone(), first..=last))
}

fn without_for(entry: &Node) -> Node {
    let mut bare = entry.clone();
    if let Kind::Map(entries) = &mut bare.kind {
        entries.retain(|entry| entry.key != "for");
    }
    bare
}

fn replaced(node: &Node, name: &str, number: i64) -> Node {
    let kind = match &node.kind {
        Kind::Text(text) => Kind::Text(fill(text, name, number)),
        Kind::List(items) => Kind::List(items.iter().map(|item| replaced(item, name, number)).collect()),
        Kind::Map(entries) => {
            let entry =
                |entry: &Entry| Entry { value: replaced(&entry.value, name, number), ..entry.clone() };
            Kind::Map(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    };
    Node { kind, spot: node.spot.clone() }
}

/// Spaces within `${{ i }}` are free.
fn fill(text: &str, name: &str, number: i64) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        filled.push_str(before);
        match after.split_once("}}") {
            Some((inner, after)) if inner.trim() == name => {
                filled.push_str(&number.to_string());
                rest = after;
            }
            _ => {
                filled.push_str("${{");
                rest = after;
            }
        }
    }
    filled + rest
}
