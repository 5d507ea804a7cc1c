//! One walk of a file's tree against the schema that the types gave birth to: every finding, each at its place.

mod choice;
mod shape;

use serde_json::Value;

use crate::book::Written;
use crate::format;
use crate::schema::Schemas;
use crate::source::{Findings, Spot};
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};
use shape::{accepts_anything, allows, head, is_choice, is_empty, is_null, keys, required, words};

pub(crate) struct Walk<'a> {
    pub schemas: &'a Schemas,
    pub findings: &'a mut Findings,
    /// The small texts that have a format, as they are met.
    pub texts: Vec<Written>,
}

impl<'a> Walk<'a> {
    /// `at` is where to point when the node itself has no room, such as an empty value.
    pub fn check(&mut self, node: &Node, schema: &'a Value, at: &Spot) {
        let resolved = self.schemas.resolve(schema);
        for layer in [schema, resolved] {
            if let Some(what) = layer.get("x-not-yet").and_then(Value::as_str) {
                self.findings.error("not-yet", at, format!("not yet: {what}"));
                return;
            }
        }
        if let Some(absent) = schema.get("x-absent").and_then(Value::as_str) {
            // Said of what asks for something; `[]` and `''` do not.
            if !is_empty(node) {
                let (what, instead) = absent.split_once("; ").unzip();
                let what = what.unwrap_or(absent);
                self.findings.warning("not-there", at, what).hint = instead.map(str::to_owned);
            }
            return;
        }
        if resolved.get("x-anything").is_some() {
            return;
        }
        if matches!(node.kind, Kind::Null) && !accepts_anything(resolved) {
            let hint =
                format!("expected {}; leave the key out where the default is meant", self.expected(resolved));
            self.findings.error("no-value", at, "this key has no value").hint(hint);
            return;
        }
        if is_choice(resolved) {
            if let Some(chosen) = self.choose(node, resolved) {
                match &node.kind {
                    // What the field asks for beyond its type holds of a text that may be left out too.
                    Kind::Text(text) if schema.get("format").is_some() && allows(chosen, "string") => {
                        self.text(node, text, schema, chosen);
                    }
                    _ => self.check(node, chosen, at),
                }
            }
            return;
        }
        match &node.kind {
            Kind::Map(entries) if allows(resolved, "object") => self.object(node, entries, resolved),
            Kind::List(items) if allows(resolved, "array") => {
                if resolved
                    .get("minItems")
                    .and_then(Value::as_u64)
                    .is_some_and(|least| least > items.len() as u64)
                {
                    self.findings.error("too-few", &node.spot, "this list is empty");
                }
                if let Some(schema) = resolved.get("items") {
                    for item in items {
                        self.check(item, schema, &item.spot);
                    }
                }
            }
            Kind::Text(text) if allows(resolved, "string") => self.text(node, text, schema, resolved),
            Kind::Number(number)
                if allows(resolved, "number") || (number.is_i64() && allows(resolved, "integer")) =>
            {
                self.number(node, number.as_f64().unwrap_or(f64::NAN), resolved);
            }
            Kind::Bool(_) if allows(resolved, "boolean") => {}
            _ => self.wrong_type(node, resolved),
        }
    }

    fn wrong_type(&mut self, node: &Node, schema: &Value) {
        let message = format!("expected {}, found {}", self.expected(schema), node.name());
        let finding = self.findings.error("wrong-type", &node.spot, message);
        if let (Kind::Number(_) | Kind::Bool(_), true) = (&node.kind, allows(schema, "string")) {
            finding.hint("write it in quotes");
        }
    }

    fn number(&mut self, node: &Node, number: f64, schema: &Value) {
        let limit = |name| schema.get(name).and_then(Value::as_f64);
        if let Some(least) = limit("minimum").filter(|least| number < *least) {
            self.findings.error("out-of-range", &node.spot, format!("at least {least} is needed here"));
        }
        if let Some(most) = limit("maximum").filter(|most| number > *most) {
            self.findings.error("out-of-range", &node.spot, format!("at most {most} is allowed here"));
        }
    }

    fn text(&mut self, node: &Node, text: &str, schema: &Value, resolved: &Value) {
        let words = words(resolved);
        if !words.is_empty() && !words.contains(&text) {
            let hint = suggest::hint(text, words.iter().copied());
            self.findings.error("wrong-value", &node.spot, format!("`{text}` is not known here")).hint = hint;
            return;
        }
        // A field may ask for more than its type does: an interval is a duration that is not zero.
        for layer in [resolved, schema] {
            let Some(format) = layer.get("format").and_then(Value::as_str) else { continue };
            let written =
                Written { format: format.to_owned(), text: text.to_owned(), spot: node.spot.clone() };
            self.texts.push(written);
            let flaws = format::check(format, text);
            for flaw in &flaws {
                let source = &self.findings.sources[node.spot.file].text;
                let spot = match &flaw.range {
                    Some(range) => format::place(source, &node.spot, text, range.clone()),
                    None => node.spot.clone(),
                };
                self.findings.error(flaw.code, &spot, flaw.message.clone()).hint = flaw.hint.clone();
            }
            if !flaws.is_empty() || std::ptr::eq(schema, resolved) {
                return;
            }
        }
    }

    fn object(&mut self, node: &Node, entries: &[Entry], schema: &'a Value) {
        let mut shapes = vec![schema];
        let mut elsewhere = Vec::new();
        let mut undecided = false;
        for group in ["oneOf", "anyOf"] {
            let Some(listed) = schema.get(group).and_then(Value::as_array) else { continue };
            if listed
                .iter()
                .all(|choice| choice.get("required").is_some() && choice.get("properties").is_none())
            {
                self.exactly_one(node, listed);
                continue;
            }
            let choices = self.alternatives(schema, group);
            let optional = listed.iter().any(is_null);
            let begun = choices.iter().any(|choice| keys(choice).iter().any(|key| node.get(key).is_some()));
            elsewhere.extend(choices.iter().flat_map(|choice| keys(choice)));
            if !optional || begun {
                match self.choose_among(node, &choices) {
                    Some(chosen) => shapes.push(chosen),
                    // That was said already; the keys of what was meant are no findings of their own.
                    None => undecided = true,
                }
            }
        }
        self.not_both(node, schema);

        let known: Vec<&str> = shapes.iter().flat_map(|shape| keys(shape)).collect();
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
        for entry in entries {
            let property = shapes.iter().find_map(|shape| shape.get("properties")?.get(&entry.key));
            if let Some(property) = property.or(rest) {
                let at =
                    if matches!(entry.value.kind, Kind::Null) { &entry.key_spot } else { &entry.value.spot };
                let of_the_key = property.get("x-not-yet").is_some() || property.get("x-absent").is_some();
                let at = if of_the_key { &entry.key_spot } else { at };
                self.check(&entry.value, property, &at.clone());
            } else if undecided && elsewhere.contains(&entry.key.as_str()) {
            } else if elsewhere.contains(&entry.key.as_str()) && !known.contains(&entry.key.as_str()) {
                let message = format!("`{}` does not belong with the other keys here", entry.key);
                self.findings.error("unknown-key", &entry.key_spot, message);
            } else {
                let missing: Vec<&str> =
                    known.iter().chain(&elsewhere).copied().filter(|key| node.get(key).is_none()).collect();
                let hint = suggest::hint(&entry.key, missing);
                let message = format!("unknown key `{}`", entry.key);
                self.findings.error("unknown-key", &entry.key_spot, message).hint = hint;
            }
        }
        for shape in &shapes {
            for key in required(shape).into_iter().filter(|key| node.get(key).is_none()) {
                let description = shape
                    .get("properties")
                    .and_then(|properties| properties.get(key))
                    .map(|property| self.schemas.describe(property));
                let finding = self.findings.error("missing-key", &head(node), format!("`{key}` is missing"));
                finding.hint =
                    description.flatten().map(|text| format!("`{key}`: {}", text.trim_end_matches('.')));
            }
        }
        let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        if (entries.len() as u64) < least {
            self.findings.error("too-few", &node.spot, "this mapping is empty");
        }
    }

    fn exactly_one(&mut self, node: &Node, listed: &'a [Value]) {
        let groups: Vec<&str> = listed.iter().flat_map(required).collect();
        let present: Vec<&str> = groups.iter().copied().filter(|key| node.get(key).is_some()).collect();
        match present.as_slice() {
            [] => {
                let message = format!("one of {} is missing", suggest::list(&groups));
                self.findings.error("missing-key", &head(node), message);
            }
            [_] => {}
            several => {
                let message = format!("{} exclude each other", suggest::list(several));
                self.findings.error("conflict", &head(node), message).hint("keep one of them");
            }
        }
    }

    fn not_both(&mut self, node: &Node, schema: &'a Value) {
        let Some(both) = schema.get("not").map(required).filter(|both| !both.is_empty()) else { return };
        if both.iter().all(|key| node.get(key).is_some()) {
            let message = format!("{} exclude each other", suggest::list(&both));
            self.findings.error("conflict", &head(node), message).hint("keep one of them");
        }
    }

    /// What a schema asks for, for a person.
    fn expected(&self, schema: &Value) -> String {
        let schema = self.schemas.resolve(schema);
        if let Some(Value::String(word)) = schema.get("const") {
            return format!("`{word}`");
        }
        if let (Some(format), Some(description)) = (schema.get("format"), schema.get("description"))
            && format.as_str().is_some_and(|format| format.starts_with("andon-"))
        {
            return in_a_sentence(description.as_str().unwrap_or("text"));
        }
        if is_choice(schema) {
            let groups = ["oneOf", "anyOf"].into_iter().filter_map(|group| schema.get(group)?.as_array());
            let mut expected: Vec<String> = groups
                .flatten()
                .filter(|choice| !is_null(choice))
                .map(|choice| self.expected(choice))
                .collect();
            expected.dedup();
            return expected.join(" or ");
        }
        let names = [
            ("string", "text"),
            ("integer", "a whole number"),
            ("number", "a number"),
            ("boolean", "true or false"),
            ("array", "a list"),
            ("object", "a mapping"),
        ];
        let found = names.iter().filter(|(kind, _)| allows(schema, kind)).map(|(_, name)| *name);
        found.collect::<Vec<_>>().join(" or ")
    }
}

/// What is said of a type, within a sentence.
fn in_a_sentence(description: &str) -> String {
    let words = description.trim_end_matches('.');
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        // A word in capitals stays one.
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(words.chars().skip(1)).collect()
        }
        _ => words.to_owned(),
    }
}
