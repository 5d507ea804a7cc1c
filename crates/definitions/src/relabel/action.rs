//! What a relabelling rule does, and what it needs for that.

use std::borrow::Cow;

use md5::{Digest, Md5};
use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{Draft, RelabelRule};
use crate::re2::{self, Dot};

/// The word for what a rule does. Prometheus reads it in any case.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Action {
    #[default]
    Replace,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lowercase,
    Uppercase,
}

pub(crate) const ACTIONS: [(&str, Action); 11] = [
    ("replace", Action::Replace),
    ("keep", Action::Keep),
    ("drop", Action::Drop),
    ("keepequal", Action::KeepEqual),
    ("dropequal", Action::DropEqual),
    ("hashmod", Action::HashMod),
    ("labelmap", Action::LabelMap),
    ("labeldrop", Action::LabelDrop),
    ("labelkeep", Action::LabelKeep),
    ("lowercase", Action::Lowercase),
    ("uppercase", Action::Uppercase),
];

impl Action {
    pub fn parse(text: &str) -> Result<Action, String> {
        let known = ACTIONS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        known.map(|(_, action)| *action).ok_or_else(|| {
            let words: Vec<&str> = ACTIONS.iter().map(|(word, _)| *word).collect();
            format!("`{text}` is no action of relabelling: there is {}", crate::suggest::list(&words))
        })
    }

    fn word(self) -> &'static str {
        ACTIONS.iter().find(|(_, action)| *action == self).map_or("", |(word, _)| word)
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Action::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Action {
    fn schema_name() -> Cow<'static, str> {
        "RelabelAction".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "andon-relabel-action",
            "description": "an action of relabelling, such as replace, keep or labelmap",
        })
    }
}

/// A rule's action with exactly what it works with.
#[derive(Clone, Debug)]
pub(super) enum Does {
    Replace { regex: Regex, target: String, replacement: String },
    Keep(Regex),
    Drop(Regex),
    KeepEqual(String),
    DropEqual(String),
    HashMod { modulus: u64, target: String },
    LabelMap { regex: Regex, replacement: String },
    LabelDrop(Regex),
    LabelKeep(Regex),
    Lowercase(String),
    Uppercase(String),
}

impl Does {
    pub fn of(rule: &RelabelRule) -> Result<Does, String> {
        let action = rule.action.word();
        let target = || match rule.target_label.as_deref() {
            None | Some("") => Err(format!("`{action}` needs a `target_label`")),
            Some(target) => Ok(target.to_owned()),
        };
        let only = |what: &str, others: &[(&str, bool)]| match others.iter().find(|(_, given)| *given) {
            Some((other, _)) => Err(format!("`{action}` takes {what} only, not `{other}`")),
            None => Ok(()),
        };
        let written = [
            ("modulus", rule.modulus.is_some_and(|modulus| modulus != 0)),
            ("separator", rule.separator.as_deref().is_some_and(|text| text != ";")),
            ("replacement", rule.replacement.as_deref().is_some_and(|text| text != "$1")),
        ];
        let regex = || {
            let text = rule.regex.as_deref().unwrap_or("(.*)");
            re2::compile(text, Dot::Any).map_err(|why| format!("not a regular expression: {why}"))
        };
        let replacement = rule.replacement.as_deref().unwrap_or("$1");
        Ok(match rule.action {
            Action::Replace => {
                Does::Replace { regex: regex()?, target: target()?, replacement: replacement.to_owned() }
            }
            Action::Keep => Does::Keep(regex()?),
            Action::Drop => Does::Drop(regex()?),
            Action::KeepEqual | Action::DropEqual => {
                let target = target()?;
                only("`source_labels` and `target_label`", &[("regex", rule.regex.is_some())])?;
                only("`source_labels` and `target_label`", &written)?;
                if rule.action == Action::KeepEqual {
                    Does::KeepEqual(target)
                } else {
                    Does::DropEqual(target)
                }
            }
            Action::HashMod => match rule.modulus {
                None | Some(0) => return Err("`hashmod` needs a `modulus` that is not 0".to_owned()),
                Some(modulus) => Does::HashMod { modulus, target: target()? },
            },
            Action::LabelMap if replacement.is_empty() => {
                return Err("`labelmap` needs a `replacement` that names a label".to_owned());
            }
            Action::LabelMap => Does::LabelMap { regex: regex()?, replacement: replacement.to_owned() },
            Action::LabelDrop | Action::LabelKeep => {
                only("`regex`", &[("source_labels", rule.source_labels.is_some())])?;
                only("`regex`", &[("target_label", rule.target_label.is_some())])?;
                only("`regex`", &written)?;
                if rule.action == Action::LabelDrop {
                    Does::LabelDrop(regex()?)
                } else {
                    Does::LabelKeep(regex()?)
                }
            }
            Action::Lowercase | Action::Uppercase => {
                let target = target()?;
                only("no replacement and `target_label`", &written[2..])?;
                if rule.action == Action::Lowercase {
                    Does::Lowercase(target)
                } else {
                    Does::Uppercase(target)
                }
            }
        })
    }

    /// False: the label set is dropped.
    pub fn apply(&self, value: &str, draft: &mut Draft) -> bool {
        match self {
            Does::Keep(regex) => return regex.is_match(value),
            Does::Drop(regex) => return !regex.is_match(value),
            Does::KeepEqual(target) => return draft.get(target).map_or("", String::as_str) == value,
            Does::DropEqual(target) => return draft.get(target).map_or("", String::as_str) != value,
            Does::Replace { regex, target, replacement } => {
                if let Some(groups) = regex.captures(value) {
                    let (mut name, mut new) = (String::new(), String::new());
                    groups.expand(target, &mut name);
                    groups.expand(replacement, &mut new);
                    set(draft, name, new);
                }
            }
            Does::HashMod { modulus, target } => {
                let hash: [u8; 16] = Md5::digest(value).into();
                let last = hash[8..].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                set(draft, target.clone(), (last % modulus).to_string());
            }
            Does::LabelMap { regex, replacement } => {
                for (name, value) in draft.clone() {
                    if let Some(groups) = regex.captures(&name) {
                        let mut new = String::new();
                        groups.expand(replacement, &mut new);
                        set(draft, new, value);
                    }
                }
            }
            Does::LabelDrop(regex) => draft.retain(|name, _| !regex.is_match(name)),
            Does::LabelKeep(regex) => draft.retain(|name, _| regex.is_match(name)),
            Does::Lowercase(target) => set(draft, target.clone(), value.chars().map(lower).collect()),
            Does::Uppercase(target) => set(draft, target.clone(), value.chars().map(upper).collect()),
        }
        true
    }
}

/// A name that came out empty names nothing; an empty value removes the label.
fn set(draft: &mut Draft, name: String, value: String) {
    if name.is_empty() {
    } else if value.is_empty() {
        draft.remove(&name);
    } else {
        draft.insert(name, value);
    }
}

/// One character for one, as Go maps them.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// As `lower`; a character such as ß, whose capital is two, stays.
fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}
