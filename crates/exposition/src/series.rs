//! The part of a line that says which series: `name{label="value", …}` or `{"any name", "any label"="value"}`.

use std::borrow::Cow;

use andon_vocabulary::{Labels, METRIC_NAME};

const BLANKS: [char; 2] = [' ', '\t'];

/// Calls `pair` with each name and value as written, without their quotes, and gives back what follows the series.
/// The metric's name comes as the label `__name__`.
pub(crate) fn walk<'a>(
    line: &'a str,
    pair: &mut dyn FnMut(&'a str, &'a str),
) -> Result<&'a str, &'static str> {
    let (name, rest) = word(line, |c| c == ':');
    let has_name = !name.is_empty();
    if has_name {
        pair(METRIC_NAME, name);
    }
    let Some(mut rest) = rest.trim_start_matches(BLANKS).strip_prefix('{') else {
        return if has_name { Ok(rest) } else { Err("a metric's name or { was expected") };
    };
    loop {
        rest = rest.trim_start_matches(BLANKS);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok(after);
        }
        let is_quoted = rest.starts_with('"');
        let (name, after) = if is_quoted {
            quoted(rest).ok_or("a quoted name is never closed")?
        } else {
            word(rest, |_| false)
        };
        if name.is_empty() {
            return Err("a label's name or } was expected");
        }
        rest = after.trim_start_matches(BLANKS);
        match rest.strip_prefix('=') {
            Some(after) => {
                let after = after.trim_start_matches(BLANKS);
                if !after.starts_with('"') {
                    return Err("a label's value must stand in double quotes");
                }
                let (value, after) = quoted(after).ok_or("a label's value is never closed by a quote")?;
                pair(name, value);
                rest = after.trim_start_matches(BLANKS);
            }
            // A quoted name alone is the metric's.
            None if is_quoted => pair(METRIC_NAME, name),
            None => return Err("= was expected after a label's name"),
        }
        rest = match rest.strip_prefix(',') {
            Some(after) => after,
            None if rest.starts_with('}') => rest,
            None => return Err(", or } was expected after a label's value"),
        };
    }
}

/// The labels of a series that has been walked without an error.
pub(crate) fn labels(series: &str) -> Labels {
    let mut pairs: Vec<(Cow<str>, Cow<str>)> = Vec::new();
    // It was checked when it was parsed, so an error cannot come; what was read until then would do.
    let _ = walk(series, &mut |name, value| pairs.push((unescaped(name), unescaped(value))));
    pairs.into_iter().collect()
}

fn word(text: &str, also: impl Fn(char) -> bool) -> (&str, &str) {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || also(c);
    if !text.starts_with(starts) {
        return ("", text);
    }
    let end = text.find(|c: char| !(starts(c) || c.is_ascii_digit())).unwrap_or(text.len());
    text.split_at(end)
}

/// Splits `"text"rest` into `text`, still escaped, and `rest`.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let bytes = inner.as_bytes();
    let mut position = 0;
    loop {
        match bytes.get(position)? {
            b'"' => return Some((&inner[..position], &inner[position + 1..])),
            b'\\' => position += 2,
            _ => position += 1,
        }
    }
}

/// `\\`, `\"` and `\n` mean what they say; any other backslash stays, as in Prometheus.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some(escaped @ ('\\' | '"' | 'n'))) => {
                chars.next();
                result.push(if escaped == 'n' { '\n' } else { escaped });
            }
            _ => result.push(c),
        }
    }
    Cow::Owned(result)
}
