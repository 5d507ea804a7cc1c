//! The classic notation: names of letters, digits, `_` and `:`; a value may stand without quotes, and a backslash
//! that escapes nothing is one.

use super::{Written, op_at_start};

pub(super) fn list(text: &str) -> Result<Vec<Written>, String> {
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_suffix('}').unwrap_or(text);
    let mut pieces = split(text);
    let last = pieces.pop().unwrap_or_default().trim();
    if !last.is_empty() {
        pieces.push(last);
    }
    pieces.into_iter().map(one).collect()
}

/// At the commas outside of quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut in_quotes, mut is_escaped, mut from) = (false, false, 0);
    let mut pieces = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            ',' if !in_quotes => {
                pieces.push(&text[from..at]);
                from = at + 1;
                continue;
            }
            '"' if is_escaped => is_escaped = false,
            '"' => in_quotes = !in_quotes,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    pieces.push(&text[from..]);
    pieces
}

/// All of the text.
pub(super) fn one(text: &str) -> Result<Written, String> {
    let wrong = || format!("`{}` is not a matcher such as severity=\"page\"", text.trim());
    let is_space = |c: char| matches!(c, '\t' | '\n' | '\x0c' | '\r' | ' ');
    let rest = text.trim_start_matches(is_space);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let rest = rest[name.len()..].trim_start_matches(is_space);
    let op = op_at_start(rest).ok_or_else(wrong)?;
    let value = value(rest[op.as_str().len()..].trim_matches(is_space))?;
    Ok(Written { name: name.to_owned(), op, value })
}

fn value(raw: &str) -> Result<String, String> {
    let wrong = || format!("`{raw}` has a quote that is neither escaped nor around all of it");
    let (inner, mut is_open) = match raw.strip_prefix('"') {
        Some(inner) => (inner, true),
        None => (raw, false),
    };
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        let is_last = at + 1 == inner.len();
        match c {
            '\\' if !is_last => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => {}
            },
            '"' if is_open && is_last => is_open = false,
            '"' => return Err(wrong()),
            c => value.push(c),
        }
    }
    if is_open { Err(wrong()) } else { Ok(value) }
}
