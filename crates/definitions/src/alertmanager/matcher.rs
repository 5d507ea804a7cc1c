//! Alertmanager's matchers: conditions on the labels of an alert, and the two notations that they are written in.
//!
//! A list is read by the newer notation, which takes any UTF-8 and puts quotes around what needs them, and by the
//! classic one where the newer cannot read it or reads something else: so every file means what it always meant.

mod classic;
mod utf8;

use std::fmt;

use andon_vocabulary::{LabelMatch, Labels, MatchOp};
use regex::Regex;

use crate::re2::{self, Dot};

/// One condition. A label that is missing is empty.
#[derive(Clone, Debug)]
pub struct AlertMatcher {
    name: String,
    op: MatchOp,
    value: String,
    /// Of `=~` and `!~`; it must match the whole value, of which `.` matches no line's end.
    regex: Option<Regex>,
}

/// What stands in a list, before its regular expression is compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Written {
    name: String,
    op: MatchOp,
    value: String,
}

/// The operator that a text begins with; the longer first.
fn op_at_start(text: &str) -> Option<MatchOp> {
    let all = [MatchOp::Regex, MatchOp::NotRegex, MatchOp::NotEqual, MatchOp::Equal];
    all.into_iter().find(|op| text.starts_with(op.as_str()))
}

impl AlertMatcher {
    /// The error says what is wrong with the regular expression.
    pub fn new(name: &str, op: MatchOp, value: &str) -> Result<AlertMatcher, String> {
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => Some(re2::compile(value, Dot::WithinLine)?),
        };
        Ok(AlertMatcher { name: name.to_owned(), op, value: value.to_owned(), regex })
    }

    /// That a label has just this value.
    pub fn equal(name: &str, value: &str) -> AlertMatcher {
        AlertMatcher { name: name.to_owned(), op: MatchOp::Equal, value: value.to_owned(), regex: None }
    }

    /// As it stands in a silence. The error says what is wrong with the regular expression.
    pub fn of(matcher: &LabelMatch) -> Result<AlertMatcher, String> {
        AlertMatcher::new(&matcher.name, matcher.op, &matcher.value)
    }

    /// The same in plain words, to be kept.
    pub fn plain(&self) -> LabelMatch {
        LabelMatch { name: self.name.clone(), op: self.op, value: self.value.clone() }
    }

    /// One matcher, as a parameter of the API has it: to the classic notation all that follows the operator is its
    /// value, commas and all. The error says what is wrong with it.
    pub fn one(text: &str) -> Result<AlertMatcher, String> {
        let wrong = || format!("`{text}` is not one matcher such as severity=\"page\"");
        let new = utf8::list(text).and_then(|all| if all.len() == 1 { Ok(all) } else { Err(wrong()) });
        let old = classic::one(text).map(|one| vec![one]);
        read(new, old)?.pop().ok_or_else(wrong)
    }

    /// All of a list such as `{alertname="Down", severity=~"page|ticket"}`, with or without the braces. The error
    /// says what is wrong with it.
    pub fn list(text: &str) -> Result<Vec<AlertMatcher>, String> {
        read(utf8::list(text), classic::list(text))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn op(&self) -> MatchOp {
        self.op
    }

    pub fn value(&self) -> &str {
        &self.value
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name).unwrap_or("");
        match (&self.regex, self.op) {
            (Some(regex), MatchOp::NotRegex) => !regex.is_match(value),
            (Some(regex), _) => regex.is_match(value),
            (None, MatchOp::NotEqual) => value != self.value,
            (None, _) => value == self.value,
        }
    }

    fn parts(&self) -> (&str, &str, MatchOp) {
        (&self.name, &self.value, self.op)
    }
}

/// By the newer notation, unless the classic one reads it otherwise. What does not compile is not read.
fn read(
    new: Result<Vec<Written>, String>,
    old: Result<Vec<Written>, String>,
) -> Result<Vec<AlertMatcher>, String> {
    let compiled = |all: Vec<Written>| -> Result<Vec<_>, String> {
        all.iter().map(|one| AlertMatcher::new(&one.name, one.op, &one.value)).collect()
    };
    let is_classic = old.is_ok();
    match (new.and_then(compiled), old.and_then(compiled)) {
        (Ok(new), Ok(old)) if new != old => Ok(old),
        (Ok(new), _) => Ok(new),
        (Err(_), Ok(old)) => Ok(old),
        (Err(_), Err(why)) if is_classic => Err(why),
        (Err(why), Err(_)) => Err(why),
    }
}

impl PartialEq for AlertMatcher {
    fn eq(&self, other: &AlertMatcher) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for AlertMatcher {}

impl PartialOrd for AlertMatcher {
    fn partial_cmp(&self, other: &AlertMatcher) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// As Alertmanager sorts them, for what it prints.
impl Ord for AlertMatcher {
    fn cmp(&self, other: &AlertMatcher) -> std::cmp::Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl fmt::Display for AlertMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| {
            let escaped = text.replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\"");
            format!("\"{escaped}\"")
        };
        let needs_quotes = self.name.is_empty() || self.name.contains(utf8::is_reserved);
        let name = if needs_quotes { quoted(&self.name) } else { self.name.clone() };
        write!(f, "{name}{}{}", self.op, quoted(&self.value))
    }
}

#[cfg(test)]
mod tests;
