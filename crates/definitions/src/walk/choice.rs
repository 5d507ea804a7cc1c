//! Where the schema offers alternatives: which of them a person meant.

use serde_json::Value;

use super::Walk;
use super::shape::{fits, head, is_choice, is_null, required, words};
use crate::suggest;
use crate::yaml::{Entry, Kind, Node};

impl<'a> Walk<'a> {
    /// The alternatives of a choice, those of nested choices among them, "nothing" left out.
    pub(super) fn alternatives(&self, schema: &'a Value, group: &str) -> Vec<&'a Value> {
        let listed = schema.get(group).and_then(Value::as_array).into_iter().flatten();
        listed
            .filter(|choice| !is_null(choice))
            .flat_map(|choice| {
                let resolved = self.schemas.resolve(choice);
                match ["oneOf", "anyOf"].into_iter().find(|_| is_choice(resolved)) {
                    Some(_) => {
                        let mut nested = self.alternatives(resolved, "oneOf");
                        nested.extend(self.alternatives(resolved, "anyOf"));
                        nested
                    }
                    None => vec![resolved],
                }
            })
            .collect()
    }

    pub(super) fn choose(&mut self, node: &Node, schema: &'a Value) -> Option<&'a Value> {
        let mut choices = self.alternatives(schema, "oneOf");
        choices.extend(self.alternatives(schema, "anyOf"));
        self.choose_among(node, &choices)
    }

    /// The alternative that was meant. Where none was, says what there is.
    pub(super) fn choose_among(&mut self, node: &Node, choices: &[&'a Value]) -> Option<&'a Value> {
        let fitting: Vec<&'a Value> = choices.iter().copied().filter(|choice| fits(node, choice)).collect();
        match (&node.kind, fitting.as_slice()) {
            (_, []) => {
                let mut expected: Vec<String> = choices.iter().map(|choice| self.expected(choice)).collect();
                expected.dedup();
                let message = format!("expected {}, found {}", expected.join(" or "), node.name());
                self.findings.error("wrong-type", &node.spot, message);
                None
            }
            (Kind::Text(text), several) if several.iter().all(|choice| !words(choice).is_empty()) => {
                let known: Vec<&str> = several.iter().flat_map(|choice| words(choice)).collect();
                let found = several.iter().find(|choice| words(choice).contains(&text.as_str())).copied();
                if found.is_none() {
                    let hint = suggest::hint(text, known);
                    self.findings
                        .error("wrong-value", &node.spot, format!("`{text}` is not known here"))
                        .hint = hint;
                }
                found
            }
            (Kind::Map(entries), several) => self.choose_object(node, entries, several),
            (_, several) => several.first().copied(),
        }
    }

    fn choose_object(&mut self, node: &Node, entries: &[Entry], choices: &[&'a Value]) -> Option<&'a Value> {
        // Told apart by the value of one key, as `uses` does.
        for key in choices.first().map(|choice| required(choice)).unwrap_or_default() {
            let property = |choice: &&'a Value| choice.get("properties")?.get(key)?.get("const")?.as_str();
            let words: Vec<&str> = choices.iter().filter_map(property).collect();
            if words.len() != choices.len() {
                continue;
            }
            let Some(value) = node.get(key) else {
                self.findings
                    .error("missing-key", &head(node), format!("`{key}` is missing"))
                    .hint(format!("one of {}", suggest::list(&words)));
                return None;
            };
            let meant = value.text().and_then(|text| words.iter().position(|word| *word == text));
            if meant.is_none() {
                let shown = value.text().map_or_else(|| value.name(), |text| format!("`{text}`"));
                let hint = suggest::hint(value.text().unwrap_or(""), words);
                self.findings.error("wrong-value", &value.spot, format!("{shown} is not known here")).hint =
                    hint;
            }
            return meant.map(|at| choices[at]);
        }
        let score = |choice: &&'a Value| {
            let needed = required(choice);
            let present = needed.iter().filter(|key| node.get(key).is_some()).count();
            (present, std::cmp::Reverse(needed.len()))
        };
        let mut best: Option<&'a Value> = None;
        for choice in choices.iter().copied() {
            if best.is_none_or(|best| score(&choice) > score(&best)) {
                best = Some(choice);
            }
        }
        if best.is_some_and(|best| score(&best).0 > 0 || required(best).is_empty()) {
            return best;
        }
        let tags: Vec<&str> = choices.iter().flat_map(|choice| required(choice)).collect();
        let odd = entries.iter().find(|entry| suggest::closest(&entry.key, tags.iter().copied()).is_some());
        match odd {
            Some(entry) => {
                let hint = suggest::hint(&entry.key, tags.iter().copied());
                let message = format!("unknown key `{}`", entry.key);
                self.findings.error("unknown-key", &entry.key_spot, message).hint = hint;
            }
            None => {
                let message = format!("one of {} is missing", suggest::list(&tags));
                self.findings.error("missing-key", &head(node), message);
            }
        }
        None
    }
}
