//! Conditions on labels: `=`, `!=`, `=~`, `!~`.

use std::fmt;
use std::sync::Arc;

use andon_vocabulary::{Labels, METRIC_NAME};
use regex::{Regex, RegexBuilder};

/// A compiled regular expression may take this many bytes; a hostile one is refused instead of filling memory.
const REGEX_BYTES_MAX: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchOp {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

/// One condition. A label that a series does not have counts as "". Regular expressions match the whole value, and
/// a dot matches a newline, as in Prometheus 3.
#[derive(Clone)]
pub struct Matcher {
    name: Arc<str>,
    op: MatchOp,
    value: Arc<str>,
    /// There exactly for the two regex operators.
    regex: Option<Regex>,
}

/// All of these must hold.
pub type Matchers = Vec<Matcher>;

/// The text is no regular expression, or compiles to more than a megabyte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRegex {
    pub text: String,
    pub why: String,
}

impl fmt::Display for BadRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a usable regular expression: {}", self.text, self.why)
    }
}

impl std::error::Error for BadRegex {}

impl Matcher {
    pub fn new(
        op: MatchOp,
        name: impl Into<Arc<str>>,
        value: impl Into<Arc<str>>,
    ) -> Result<Matcher, BadRegex> {
        let (name, value) = (name.into(), value.into());
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => Some(compile(&value)?),
        };
        Ok(Matcher { name, op, value, regex })
    }

    pub fn equal(name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Matcher {
        Matcher { name: name.into(), op: MatchOp::Equal, value: value.into(), regex: None }
    }

    /// The series of one metric.
    pub fn metric(name: impl Into<Arc<str>>) -> Matcher {
        Matcher::equal(METRIC_NAME, name)
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

    /// Whether a label with this value fulfils the condition; "" stands for a label that is not there.
    pub fn matches_value(&self, value: &str) -> bool {
        match (&self.regex, self.op) {
            (None, MatchOp::NotEqual) => *self.value != *value,
            (None, _) => *self.value == *value,
            (Some(regex), MatchOp::NotRegex) => !regex.is_match(value),
            (Some(regex), _) => regex.is_match(value),
        }
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_value(labels.get(&self.name).unwrap_or(""))
    }
}

fn compile(text: &str) -> Result<Regex, BadRegex> {
    RegexBuilder::new(&format!("^(?s:{text})$")).size_limit(REGEX_BYTES_MAX).build().map_err(|error| {
        // The crate draws the pattern over several lines; the last one says what is wrong.
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
        BadRegex { text: text.to_owned(), why }
    })
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Matcher) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl Eq for Matcher {}

impl fmt::Display for MatchOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Regex => "=~",
            MatchOp::NotRegex => "!~",
        })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:?}", self.name, self.op, self.value)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_label_is_an_empty_one() {
        let labels = Labels::new([("code", "500")]);
        assert!(Matcher::equal("job", "").matches(&labels));
        assert!(Matcher::new(MatchOp::NotEqual, "code", "").unwrap().matches(&labels));
        assert!(Matcher::new(MatchOp::NotRegex, "job", ".+").unwrap().matches(&labels));
    }

    #[test]
    fn a_regex_matches_the_whole_value() {
        let five = Matcher::new(MatchOp::Regex, "code", "5..").unwrap();
        assert!(five.matches_value("503"));
        assert!(!five.matches_value("1503") && !five.matches_value("5033"));
        let either = Matcher::new(MatchOp::Regex, "m", "a|b").unwrap();
        assert!(either.matches_value("b") && !either.matches_value("ab"));
        assert!(Matcher::new(MatchOp::Regex, "m", "a.b").unwrap().matches_value("a\nb"));
    }

    #[test]
    fn a_hostile_regex_is_refused() {
        assert!(Matcher::new(MatchOp::Regex, "m", "(((a{100}){100}){100})").is_err());
        let error = Matcher::new(MatchOp::Regex, "m", "a[").unwrap_err();
        assert_eq!(error.to_string(), r#""a[" is not a usable regular expression: unclosed character class"#);
    }
}
