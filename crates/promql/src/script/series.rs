//! A series as it is written before its values: `up{job="a"} 1 2 3`.

use std::collections::BTreeMap;
use std::fmt;

use andon_vocabulary::{Labels, METRIC_NAME};

use super::text::quoted;

/// A text that names no series, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSeries(String);

impl fmt::Display for BadSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSeries {}

/// Splits `name{label="value"} rest` into the labels and the rest. Names that are not made of letters, digits and
/// underscores are quoted, and a metric's name may stand quoted among the labels.
pub fn series(line: &str) -> Result<(Labels, &str), BadSeries> {
    let bad = |why: &str| BadSeries(format!("{line:?} {why}; write up{{job=\"a\", zone=\"eu\"}}"));
    let mut labels = BTreeMap::new();
    let (name, rest) = identifier(line.trim_start(), true);
    if !name.is_empty() {
        labels.insert(METRIC_NAME.to_owned(), name.to_owned());
    }
    let Some(mut rest) = rest.strip_prefix('{').filter(|rest| !rest.starts_with('{')) else {
        let parted = rest.is_empty() || rest.starts_with([' ', '\t']);
        return if name.is_empty() || !parted {
            Err(bad("does not begin with a series"))
        } else {
            Ok((Labels::new(labels), rest))
        };
    };
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((Labels::new(labels), rest));
        }
        let (key, is_quoted, tail) = match quoted(rest) {
            Some((length, key)) => (key, true, &rest[length..]),
            None => {
                let (key, tail) = identifier(rest, false);
                (key.to_owned(), false, tail)
            }
        };
        if key.is_empty() {
            return Err(bad("has a label without a name"));
        }
        let tail = tail.trim_start();
        let (key, value, tail) = match tail.strip_prefix('=') {
            Some(tail) if !tail.starts_with(['~', '=']) => {
                let tail = tail.trim_start();
                let (length, value) =
                    quoted(tail).ok_or_else(|| bad("has a label without a quoted value"))?;
                (key, value, &tail[length..])
            }
            None if is_quoted && tail.starts_with([',', '}']) => (METRIC_NAME.to_owned(), key, tail),
            _ => return Err(bad("has a label that is not given with =")),
        };
        if labels.insert(key, value).is_some() {
            return Err(bad("names a label twice"));
        }
        rest = tail.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest,
            None if rest.starts_with('}') => rest,
            None => return Err(bad("has labels that no comma parts, or is never closed")),
        };
    }
}

/// The letters, digits and underscores at the beginning; of a metric's name, colons too.
fn identifier(text: &str, colons: bool) -> (&str, &str) {
    let takes = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    let length = match text.chars().next() {
        Some(c) if takes(c) && !c.is_ascii_digit() => text.find(|c| !takes(c)).unwrap_or(text.len()),
        _ => 0,
    };
    text.split_at(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_written_as_it_is_selected() {
        let (labels, rest) = series(r#"up{job="a } b", x='1',} 1 2"#).unwrap();
        assert_eq!((labels.to_string().as_str(), rest), (r#"up{job="a } b", x="1"}"#, " 1 2"));
        assert_eq!(series("up").unwrap(), (Labels::new([("__name__", "up")]), ""));
        assert_eq!(series("{}").unwrap(), (Labels::default(), ""));
        assert_eq!(series("up{a=\"\"} 1").unwrap(), (Labels::new([("__name__", "up")]), " 1"));
        let utf8 = series(r#"{"http.requests", "k.v"="\"\u00e9\x41\101\\"} 3"#).unwrap();
        assert_eq!(utf8, (Labels::new([("__name__", "http.requests"), ("k.v", "\"éAA\\")]), " 3"));
        assert_eq!(series("a:b:c 1").unwrap().0.name(), "a:b:c");
    }

    #[test]
    fn what_names_no_series_is_refused() {
        for wrong in [
            "up{a!=\"b\"}",
            "up{a=~\"b\"}",
            "up{a==\"b\"}",
            "up{",
            "up{a}",
            "up{a=\"1\", a=\"2\"}",
            "up{\"x\"}",
            "up{a=\"1\" b=\"2\"}",
            "up{a=\"\\é\"}",
            "up-1 3",
            "",
            "1",
        ] {
            assert!(series(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn anything_can_be_given() {
        arbtest::arbtest(|u| {
            let _ = series(u.arbitrary()?);
            let pieces = ["{", "}", "\"", "\\", "=", ",", "a", "é", "x4"];
            let mut text = String::new();
            for _ in 0..u.int_in_range(0..=20)? {
                text.push_str(u.choose(&pieces)?);
            }
            let _ = series(&text);
            Ok(())
        });
    }
}
