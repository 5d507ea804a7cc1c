//! The part of a line that says which series: `name{label="value", …}` or `{"any name", "any label"="value"}`.

use std::borrow::Cow;
use std::str;

use andon_vocabulary::{Labels, METRIC_NAME};
use memchr::{memchr, memchr2, memchr3};

use crate::{Limits, MetricKind, number};

/// As OpenMetrics bounds them.
pub(crate) const EXEMPLAR_RUNES_MAX: usize = 128;

const BLANKS: [char; 2] = [' ', '\t'];

/// Calls `pair` with each name and value as written, without their quotes, and gives back what follows the series.
/// The metric's name comes as the label `__name__`.
pub(crate) fn walk<'a>(
    line: &'a str,
    pair: &mut dyn FnMut(&'a str, &'a str),
) -> Result<&'a str, &'static str> {
    let (name, rest) = word(line, |byte| byte == b':');
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

/// Reads and checks a series. A bound of a classic histogram or a summary gets its one spelling.
pub(crate) fn labels(series: &[u8], kind: Option<MetricKind>, limits: &Limits) -> Result<Labels, String> {
    let text =
        str::from_utf8(series).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to() + 1))?;
    let bound = match kind {
        Some(MetricKind::Histogram) => "le",
        Some(MetricKind::Summary) => "quantile",
        _ => "",
    };
    let mut pairs: Vec<(Cow<str>, Cow<str>)> = Vec::with_capacity(16);
    let rest = walk(text, &mut |name, value| {
        let (name, mut value) = (unescaped(name), unescaped(value));
        if name == bound
            && let Some(spelled) = number::canonical(&value)
        {
            value = Cow::Owned(spelled);
        }
        // One more than allowed is enough to refuse it.
        if pairs.len() <= limits.labels_max {
            pairs.push((name, value));
        }
    })?;
    if !rest.trim_matches(BLANKS).is_empty() {
        return Err("something stands between the series and its value".to_owned());
    }
    if pairs.len() > limits.labels_max {
        return Err(format!("more than {} labels", limits.labels_max));
    }
    if !pairs.iter().any(|(name, value)| name == METRIC_NAME && !value.is_empty()) {
        return Err("the series has no name".to_owned());
    }
    pairs.sort_unstable();
    match pairs.windows(2).find(|two| two[0].0 == two[1].0) {
        Some(twice) if twice[0].0 == METRIC_NAME => Err("the metric's name is given twice".to_owned()),
        Some(twice) => Err(format!("{} is given twice", twice[0].0)),
        None => Ok(pairs.into_iter().collect()),
    }
}

/// The labels of an exemplar, which has no name, and what follows them.
pub(crate) fn exemplar_labels(text: &str) -> Result<(Labels, &str), &'static str> {
    let mut pairs: Vec<(Cow<str>, Cow<str>)> = Vec::new();
    let mut runes = 0;
    let rest = walk(text, &mut |name, value| {
        let (name, value) = (unescaped(name), unescaped(value));
        runes += name.chars().count() + value.chars().count();
        if runes <= EXEMPLAR_RUNES_MAX {
            pairs.push((name, value));
        }
    })?;
    if runes > EXEMPLAR_RUNES_MAX {
        return Err("the exemplar's labels are longer than 128 characters");
    }
    Ok((pairs.into_iter().collect(), rest))
}

/// Where the series of a line ends, its labels unread. None: a quote or a brace is never closed.
pub(crate) fn end(line: &[u8]) -> Option<usize> {
    let name = memchr3(b'{', b' ', b'\t', line)?;
    let mut position = name + line[name..].iter().position(|byte| *byte != b' ' && *byte != b'\t')?;
    if line[position] != b'{' {
        return Some(name);
    }
    loop {
        position += 1 + memchr2(b'"', b'}', &line[position + 1..])?;
        if line[position] == b'}' {
            return Some(position + 1);
        }
        loop {
            position += 1 + memchr2(b'"', b'\\', &line[position + 1..])?;
            if line[position] == b'"' {
                break;
            }
            // The escaped byte is no quote.
            position += 1;
            if position + 1 > line.len() {
                return None;
            }
        }
    }
}

/// Splits off a name that needs no quotes; empty where there is none.
fn word(text: &str, also: impl Fn(u8) -> bool) -> (&str, &str) {
    let starts = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || also(byte);
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|first| starts(*first)) {
        return ("", text);
    }
    let end = bytes.iter().position(|byte| !(starts(*byte) || byte.is_ascii_digit()));
    text.split_at(end.unwrap_or(bytes.len()))
}

/// Whether a name can stand without quotes.
pub(crate) fn is_word(name: &str) -> bool {
    let (word, rest) = word(name, |byte| byte == b':');
    !word.is_empty() && rest.is_empty()
}

/// The opposite of [`unescaped`].
pub(crate) fn escape(text: &str, into: &mut String) {
    if memchr3(b'\\', b'"', b'\n', text.as_bytes()).is_none() {
        into.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '\n' => into.push_str("\\n"),
            '\\' | '"' => into.extend(['\\', c]),
            c => into.push(c),
        }
    }
}

/// Splits `"text"rest` into `text`, still escaped, and `rest`.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut position = 0;
    loop {
        position += memchr2(b'"', b'\\', inner.as_bytes().get(position..)?)?;
        if inner.as_bytes()[position] == b'"' {
            return Some((&inner[..position], &inner[position + 1..]));
        }
        // The escaped byte is no quote.
        position += 2;
    }
}

/// `\\`, `\"` and `\n` mean what they say; any other backslash stays, as in Prometheus.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if memchr(b'\\', text.as_bytes()).is_none() {
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
