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

/// Words after which a parenthesis holds label names.
const GROUPINGS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Words that stand between operands and so are neither function nor metric.
const CONNECTIVES: &[&str] = &["and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"];

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

/// Where functions, aggregations and selectors begin, in the order in which they stand in the text: a visit of the
/// syntax tree in that order meets them one by one.
pub(crate) fn heads(text: &str, tokens: &[Spanned]) -> Vec<Range<usize>> {
    let mut heads = Vec::new();
    let mut braces = 0_usize;
    let mut in_grouping = false;
    let mut previous: Option<&Spanned> = None;
    for token in tokens {
        let word = |spanned: &Spanned| text[spanned.span.clone()].to_ascii_lowercase();
        match token.token {
            Token::Symbol('{') => {
                let named = previous.is_some_and(|p| p.token == Token::Word && heads.last() == Some(&p.span));
                if braces == 0 && !named {
                    heads.push(token.span.clone());
                }
                braces += 1;
            }
            Token::Symbol('}') => braces = braces.saturating_sub(1),
            Token::Symbol('(') => {
                in_grouping =
                    previous.is_some_and(|p| p.token == Token::Word && GROUPINGS.contains(&word(p).as_str()));
            }
            Token::Symbol(')') => in_grouping = false,
            Token::Word if braces == 0 && !in_grouping => {
                let word = word(token);
                let after_at = previous.is_some_and(|p| p.token == Token::Symbol('@'));
                if !after_at && !GROUPINGS.contains(&word.as_str()) && !CONNECTIVES.contains(&word.as_str()) {
                    heads.push(token.span.clone());
                }
            }
            _ => {}
        }
        previous = Some(token);
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_functions_and_selectors() {
        let text = r#"sum by (job) (rate(a:b{by="x"}[5m] offset 1h @ end())) # c(d)
            / on(x) group_left (y) {z="1"} > bool 1e-3 + :odd[1h:]"#;
        let found: Vec<&str> = heads(text, &scan(text)).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, ["sum", "rate", "a:b", "{", ":odd"]);
    }

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
