//! Values into a query, as quoted literals and never as text: a value cannot become syntax.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use crate::tokens::{Token, scan};

/// A query whose `$name`s have been replaced, and the way back to where things stood before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub text: String,
    /// Pairs of (what was replaced in the original, what it became in `text`), in order.
    replaced: Vec<(Range<usize>, Range<usize>)>,
}

/// A `$name` that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindError {
    pub name: String,
    pub span: Range<usize>,
    pub known: Vec<String>,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing is called ${}", self.name)?;
        match self.known.as_slice() {
            [] => f.write_str("; no values can be used here"),
            known => write!(f, "; known here: ${}", known.join(", $")),
        }
    }
}

impl std::error::Error for BindError {}

/// Replaces each `$name` by its value as a PromQL string literal, so `{instance=$target}` becomes
/// `{instance="db-1"}`. A `$` inside a string literal or comment is that string's own.
pub fn bind(text: &str, values: &BTreeMap<String, String>) -> Result<Bound, BindError> {
    let mut bound = Bound { text: String::with_capacity(text.len()), replaced: Vec::new() };
    let mut copied = 0;
    let tokens = scan(text);
    for (dollar, word) in tokens.iter().zip(tokens.iter().skip(1)) {
        let adjacent = dollar.span.end == word.span.start && word.token == Token::Word;
        if dollar.token != Token::Symbol('$') || !adjacent {
            continue;
        }
        let name = &text[word.span.clone()];
        let original = dollar.span.start..word.span.end;
        let value = values.get(name).ok_or_else(|| BindError {
            name: name.to_owned(),
            span: original.clone(),
            known: values.keys().cloned().collect(),
        })?;
        bound.text.push_str(&text[copied..original.start]);
        let start = bound.text.len();
        bound.text.push_str(&quoted(value));
        copied = original.end;
        bound.replaced.push((original, start..bound.text.len()));
    }
    bound.text.push_str(&text[copied..]);
    Ok(bound)
}

impl Bound {
    /// Where a span of `text` stood in the original; any part of a replaced value stands for the whole `$name`.
    pub fn original(&self, span: Range<usize>) -> Range<usize> {
        let back = |position: usize, is_end: bool| {
            let before = |(_, to): &&(Range<usize>, Range<usize>)| {
                if is_end { to.start < position } else { to.start <= position }
            };
            match self.replaced.iter().take_while(before).last() {
                None => position,
                Some((from, to)) if position >= to.end => from.end + (position - to.end),
                Some((from, _)) if is_end => from.end,
                Some((from, _)) => from.start,
            }
        };
        back(span.start, false)..back(span.end, true)
    }
}

/// A PromQL string literal for any text.
pub(crate) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c.is_control() => literal.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_value_stays_a_value() {
        let hostile = "a\"} or vector(1) #\n\\";
        let bound = bind("up{job=$job, x=\"$job\"} # $none", &values(&[("job", hostile)])).unwrap();
        assert_eq!(bound.text, r#"up{job="a\"} or vector(1) #\n\\", x="$job"} # $none"#);
        let expr = crate::parse(&bound.text).unwrap();
        let selected = &expr.selectors()[0];
        assert!(selected.matchers.iter().any(|matcher| matcher.value() == hostile));
    }

    #[test]
    fn any_value_survives() {
        arbtest::arbtest(|u| {
            let value: String = u.arbitrary()?;
            let bound = bind("up{job=$job}", &values(&[("job", &value)])).unwrap();
            let expr = crate::parse(&bound.text).unwrap();
            assert_eq!(expr.selectors()[0].matchers[1].value(), value);
            Ok(())
        });
    }

    #[test]
    fn positions_lead_back() {
        let bound = bind("f($a) + g($a) x", &values(&[("a", "long value")])).unwrap();
        assert_eq!(bound.text, "f(\"long value\") + g(\"long value\") x");
        assert_eq!(bound.original(0..1), 0..1);
        assert_eq!(bound.original(4..6), 2..4);
        let plus = bound.text.find('+').unwrap();
        assert_eq!(bound.original(plus..plus + 1), 6..7);
        assert_eq!(bound.original(bound.text.len() - 1..bound.text.len()), 14..15);
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let error = bind("up{job=$jbo}", &values(&[("job", "x")])).unwrap_err();
        assert_eq!(error.span, 7..11);
        assert_eq!(error.to_string(), "nothing is called $jbo; known here: $job");
    }
}
