//! Where things stand in a PromQL text.
//!
//! The grammar of `promql-parser` keeps no positions, so the text is scanned a second time, only as closely as it
//! takes to point at a name, a bracket or a number. The scanner also bounds what the grammar is given: it would
//! panic at a range of 1e300 seconds, and recurse as deep as a text nests.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A metric, function, aggregation, keyword or label.
    Word,
    /// A number or a duration.
    Number,
    Text,
    Symbol(char),
}

#[derive(Clone, Debug)]
pub(crate) struct Spanned {
    pub token: Token,
    pub span: Range<usize>,
}

/// Tokens in order; comments and white space are left out. Never fails: what it does not know is a symbol.
pub(crate) fn scan(text: &str) -> Vec<Spanned> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(c) = text[start..].chars().next() {
        let rest = &text[start..];
        let (token, length) = match c {
            '#' => (None, run(rest, |c| c != '\n')),
            c if c.is_whitespace() => (None, c.len_utf8()),
            // A lone colon parts the range and the resolution of a subquery.
            ':' if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                (Some(Token::Symbol(c)), 1)
            }
            'a'..='z' | 'A'..='Z' | '_' | ':' => {
                (Some(Token::Word), run(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':'))
            }
            '0'..='9' | '.' => (Some(Token::Number), number(rest)),
            '"' | '\'' | '`' => (Some(Token::Text), quoted(rest, c)),
            c => (Some(Token::Symbol(c)), c.len_utf8()),
        };
        let span = start..start + length;
        start = span.end;
        tokens.extend(token.map(|token| Spanned { token, span }));
    }
    tokens
}

/// How many bytes at the beginning are such characters.
fn run(text: &str, keep: impl Fn(char) -> bool) -> usize {
    text.find(|c| !keep(c)).unwrap_or(text.len())
}

fn number(text: &str) -> usize {
    let length = run(text, |c| c.is_ascii_alphanumeric() || c == '.');
    if !text[..length].ends_with(['e', 'E']) || text.starts_with("0x") {
        return length;
    }
    let sign = run(&text[length..], |c| c == '+' || c == '-');
    length + sign + run(&text[length + sign..], |c| c.is_ascii_digit())
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (position, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != '`' {
            escaped = true;
        } else if c == quote {
            return position + c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_can_be_scanned() {
        arbtest::arbtest(|u| {
            let text: String = u.arbitrary()?;
            for token in scan(&text) {
                assert!(text.get(token.span).is_some());
            }
            Ok(())
        });
    }
}
