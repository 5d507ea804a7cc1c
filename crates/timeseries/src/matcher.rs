//! Conditions on labels: `=`, `!=`, `=~`, `!~`.

use std::fmt;
use std::sync::Arc;

use andon_vocabulary::{Labels, METRIC_NAME, MatchOp};
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::Extractor;

use crate::re2;

/// A compiled regular expression may take this many bytes; a hostile one is refused instead of filling memory.
const REGEX_BYTES_MAX: usize = 1 << 20;
/// An expression that is a choice of at most this many words (`a|b|c`) is kept as these words.
const LITERALS_MAX: usize = 10_000;
/// And none of them longer: choices within choices multiply.
const LITERAL_BYTES_MAX: usize = 1024;

/// One condition. A label that a series does not have counts as "". Regular expressions match the whole value, and
/// a dot matches a newline, as in Prometheus 3.
#[derive(Clone)]
pub struct Matcher {
    name: Arc<str>,
    op: MatchOp,
    value: Arc<str>,
    /// There exactly for the two regex operators.
    pattern: Option<Pattern>,
}

#[derive(Clone)]
enum Pattern {
    /// A choice of words, sorted: what `a|b|c` and dashboards' variables come to.
    Literals(Arc<[Box<str>]>),
    /// Whatever else, and what every match begins with.
    Regex { regex: Regex, prefix: Box<str> },
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
        let pattern = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => Some(compile(&value)?),
        };
        Ok(Matcher { name, op, value, pattern })
    }

    pub fn equal(name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Matcher {
        Matcher { name: name.into(), op: MatchOp::Equal, value: value.into(), pattern: None }
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
        let there = match &self.pattern {
            None => *self.value == *value,
            Some(Pattern::Literals(words)) => words.binary_search_by(|word| (**word).cmp(value)).is_ok(),
            Some(Pattern::Regex { regex, prefix }) => value.starts_with(&**prefix) && regex.is_match(value),
        };
        there == matches!(self.op, MatchOp::Equal | MatchOp::Regex)
    }

    /// The words that a positive regular expression comes to, if it is a choice of words; sorted.
    pub fn literals(&self) -> Option<&[Box<str>]> {
        match &self.pattern {
            Some(Pattern::Literals(words)) if self.op == MatchOp::Regex => Some(words),
            _ => None,
        }
    }

    /// What every value that fulfils a positive regular expression begins with; "" where nothing is known.
    pub fn prefix(&self) -> &str {
        match &self.pattern {
            Some(Pattern::Regex { prefix, .. }) if self.op == MatchOp::Regex => prefix,
            _ => "",
        }
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_value(labels.get(&self.name).unwrap_or(""))
    }
}

fn compile(text: &str) -> Result<Pattern, BadRegex> {
    let bad = |why: String| {
        // The crates draw the pattern over several lines; the last one says what is wrong.
        let why = why.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
        BadRegex { text: text.to_owned(), why }
    };
    // Parsed alone first: `a)|(b` must not slip through the brackets put around it below.
    let mut parser = regex_syntax::ParserBuilder::new().dot_matches_new_line(true).build();
    let read = re2::translated(text).map_err(&bad)?;
    let hir = parser.parse(&read).map_err(|error| bad(error.to_string()))?;
    if let Some(words) = literals(&hir) {
        return Ok(Pattern::Literals(words.into()));
    }
    let whole = RegexBuilder::new(&format!("^(?s:{read})$")).size_limit(REGEX_BYTES_MAX).build();
    let regex = whole.map_err(|error| bad(error.to_string()))?;
    Ok(Pattern::Regex { regex, prefix: prefix(&hir).into() })
}

/// The words that an expression comes to, sorted, if it is nothing but a choice of words.
fn literals(hir: &Hir) -> Option<Vec<Box<str>>> {
    // `^a` is no word: its anchor is lost on the way.
    if !hir.properties().look_set().is_empty() {
        return None;
    }
    let mut extractor = Extractor::new();
    extractor.limit_total(LITERALS_MAX).limit_literal_len(LITERAL_BYTES_MAX).limit_repeat(1);
    let found = extractor.extract(hir);
    let mut words = Vec::new();
    for literal in found.literals()? {
        if !literal.is_exact() {
            return None;
        }
        words.push(std::str::from_utf8(literal.as_bytes()).ok()?.into());
    }
    words.sort();
    words.dedup();
    Some(words)
}

fn prefix(hir: &Hir) -> String {
    // Of an anchored expression only what lies before the first anchor is sure; none is the plain case.
    if !hir.properties().look_set().is_empty() {
        return String::new();
    }
    let found = Extractor::new().extract(hir);
    let common = found.longest_common_prefix().unwrap_or_default();
    String::from_utf8(common.to_vec()).unwrap_or_default()
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Matcher) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl Eq for Matcher {}

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
    fn a_choice_of_words_needs_no_regex() {
        let words = |text: &str| {
            let matcher = Matcher::new(MatchOp::Regex, "m", text).unwrap();
            matcher.literals().map(|words| words.join(","))
        };
        assert_eq!(words("a|b|c").as_deref(), Some("a,b,c"));
        assert_eq!(words("api-(1|2)|web").as_deref(), Some("api-1,api-2,web"));
        assert_eq!(words("").as_deref(), Some(""));
        assert_eq!(words("a\\.b").as_deref(), Some("a.b"));
        assert_eq!(words("5.."), None);
        assert_eq!(words("^a$"), None);
        assert_eq!(words("a*"), None);
        let many: Vec<String> = (0..2000).map(|n| format!("pod-{n:05}")).collect();
        let many = Matcher::new(MatchOp::NotRegex, "m", many.join("|")).unwrap();
        assert!(
            !many.matches_value("pod-01234") && many.matches_value("pod-02000") && many.matches_value("")
        );
    }

    #[test]
    fn words_and_prefixes_match_as_the_regex_does() {
        for text in [
            "a|b",
            "ab|abc|",
            "(?i)ab",
            "a(b|c)?",
            "[ab]c",
            "a{2}",
            "a+",
            "node-.*",
            "x(?:y|z).+",
            "^ab?",
            "a$|b",
            "(a|)b",
            "é.",
            "(?m)^a",
        ] {
            let matcher = Matcher::new(MatchOp::Regex, "m", text).unwrap();
            let plain = Regex::new(&format!("^(?s:{text})$")).unwrap();
            for value in [
                "", "a", "b", "ab", "aB", "abc", "ac", "bc", "aa", "aaa", "node-", "node-1", "xy1", "éé",
                "é", "c\na",
            ] {
                assert_eq!(matcher.matches_value(value), plain.is_match(value), "{text} on {value}");
            }
        }
    }

    #[test]
    fn a_regex_is_read_as_prometheus_reads_it() {
        let matches =
            |text: &str, value: &str| Matcher::new(MatchOp::Regex, "m", text).unwrap().matches_value(value);
        assert!(matches(r"\Qa.b\E|c", "a.b") && !matches(r"\Qa.b\E|c", "axb"));
        assert!(matches(r"\d+", "12") && !matches(r"\d+", "٣"));
        assert!(matches("a{,2}", "a{,2}"));
    }

    #[test]
    fn a_hostile_regex_is_refused() {
        assert!(Matcher::new(MatchOp::Regex, "m", "a)|(b").is_err());
        assert!(Matcher::new(MatchOp::Regex, "m", "(((a{100}){100}){100})").is_err());
        // Prometheus's engine takes none of these.
        for own in ["x*+", "a{1001}", "(?x)a"] {
            assert!(Matcher::new(MatchOp::Regex, "m", own).is_err(), "{own}");
        }
        let error = Matcher::new(MatchOp::Regex, "m", "a[").unwrap_err();
        assert_eq!(error.to_string(), r#""a[" is not a usable regular expression: unclosed character class"#);
    }
}
