//! A text into literals and actions, and an action into its tokens.

use std::ops::Range;

use super::TemplateError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `if`, `humanize`, `true`.
    Word(String),
    /// `$labels`, `$`.
    Variable(String),
    /// `.Labels`: one link of a chain.
    Field(String),
    Dot,
    Text(String),
    Int(i64),
    Float(f64),
    Pipe,
    Open,
    Close,
    Declare,
    Assign,
    Comma,
}

#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub token: Token,
    pub span: Range<usize>,
    /// Whether white space stands before it: `$x .y` is two values and `$x.y` one.
    pub apart: bool,
}

#[derive(Debug)]
pub(super) enum Piece<'a> {
    Literal(&'a str),
    Action { tokens: Vec<Spanned>, span: Range<usize> },
}

pub(super) fn error(message: impl Into<String>, range: Range<usize>) -> TemplateError {
    TemplateError { message: message.into(), range, hint: None }
}

pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trims = false;
    while let Some(open) = text[at..].find("{{").map(|open| at + open) {
        let mut inner = open + 2;
        let mut literal = &text[at..open];
        if trims {
            literal = literal.trim_start();
        }
        let rest = &text[inner..];
        if rest.starts_with('-') && rest[1..].starts_with(char::is_whitespace) {
            literal = literal.trim_end();
            inner += 1;
        }
        pieces.push(Piece::Literal(literal));
        let (tokens, end, trimmed) = action(text, open, inner)?;
        (at, trims) = (end, trimmed);
        if !tokens.is_empty() {
            pieces.push(Piece::Action { tokens, span: open..end });
        }
    }
    let rest = &text[at..];
    pieces.push(Piece::Literal(if trims { rest.trim_start() } else { rest }));
    Ok(pieces)
}

/// The tokens up to `}}`, where that ends, and whether white space behind it is taken away. A comment has no tokens.
fn action(text: &str, open: usize, inner: usize) -> Result<(Vec<Spanned>, usize, bool), TemplateError> {
    let unclosed = || TemplateError {
        message: "`{{` is never closed".to_owned(),
        range: open..open + 2,
        hint: Some("close it with `}}`".to_owned()),
    };
    let comment = text[inner..].trim_start();
    if comment.starts_with("/*") {
        let start = text.len() - comment.len();
        let end = text[start..].find("*/").map(|end| start + end + 2).ok_or_else(unclosed)?;
        let close = text[end..].find("}}").map(|close| end + close).ok_or_else(unclosed)?;
        let between = text[end..close].trim();
        if !between.is_empty() && between != "-" {
            return Err(error("a comment fills its `{{ }}` alone", open..close + 2));
        }
        return Ok((Vec::new(), close + 2, between == "-"));
    }
    let mut tokens: Vec<Spanned> = Vec::new();
    let mut at = inner;
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return Err(unclosed()) };
        if rest.starts_with("}}") {
            if tokens.is_empty() {
                return Err(error("there is nothing between `{{` and `}}`", open..at + 2));
            }
            return Ok((tokens, at + 2, false));
        }
        if c.is_whitespace() {
            let word = rest.trim_start();
            if word.starts_with("-}}") {
                return Ok((tokens, text.len() - word.len() + 3, true));
            }
            at += c.len_utf8();
            continue;
        }
        let apart = text[..at].ends_with(char::is_whitespace);
        let (token, length) = token(rest).map_err(|(message, length)| error(message, at..at + length))?;
        tokens.push(Spanned { token, span: at..at + length, apart });
        at += length;
    }
}

fn token(rest: &str) -> Result<(Token, usize), (String, usize)> {
    let c = rest.chars().next().expect("there is a rest");
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let name = |from: usize| rest[from..].find(|c| !is_name(c)).map_or(rest.len(), |end| from + end);
    let after = rest[c.len_utf8()..].chars().next();
    Ok(match c {
        '|' => (Token::Pipe, 1),
        '(' => (Token::Open, 1),
        ')' => (Token::Close, 1),
        ',' => (Token::Comma, 1),
        '=' => (Token::Assign, 1),
        ':' if rest.starts_with(":=") => (Token::Declare, 2),
        '"' | '`' => text(rest, c)?,
        '$' => (Token::Variable(rest[1..name(1)].to_owned()), name(1)),
        '.' if after.is_some_and(|c| c.is_alphabetic() || c == '_') => {
            (Token::Field(rest[1..name(1)].to_owned()), name(1))
        }
        '.' if !after.is_some_and(|c| c.is_ascii_digit()) => (Token::Dot, 1),
        '0'..='9' | '.' | '+' | '-' => number(rest)?,
        c if is_name(c) => (Token::Word(rest[..name(0)].to_owned()), name(0)),
        c => return Err((format!("`{c}` means nothing here"), c.len_utf8())),
    })
}

fn number(rest: &str) -> Result<(Token, usize), (String, usize)> {
    let mut length = 1;
    let is_hex = rest.trim_start_matches(['+', '-']).starts_with("0x");
    for c in rest[1..].chars() {
        let signs = matches!(c, '+' | '-') && !is_hex && rest[..length].ends_with(['e', 'E']);
        if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || signs) {
            break;
        }
        length += 1;
    }
    let digits = rest[..length].replace('_', "");
    let unsigned = digits.trim_start_matches(['+', '-']);
    let sign = if digits.starts_with('-') { -1 } else { 1 };
    let whole = match unsigned.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => unsigned.parse().ok(),
    };
    if let Some(whole) = whole {
        return Ok((Token::Int(sign * whole), length));
    }
    match unsigned.parse::<f64>() {
        Ok(float) if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            Ok((Token::Float(sign as f64 * float), length))
        }
        _ => Err((format!("`{}` is not a number", &rest[..length]), length)),
    }
}

fn text(rest: &str, quote: char) -> Result<(Token, usize), (String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((Token::Text(text), at + 1)),
            '\\' if quote == '"' => {
                let escaped = chars.next().map(|(_, c)| c);
                let mut code = |digits: usize| {
                    let digits: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
                    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
                };
                let meant = match escaped {
                    Some('n') => Some('\n'),
                    Some('t') => Some('\t'),
                    Some('r') => Some('\r'),
                    Some('a') => Some('\u{7}'),
                    Some('b') => Some('\u{8}'),
                    Some('f') => Some('\u{c}'),
                    Some('v') => Some('\u{b}'),
                    Some('x') => code(2).filter(char::is_ascii),
                    Some('u') => code(4),
                    Some('U') => code(8),
                    Some(c @ ('"' | '\\' | '\'')) => Some(c),
                    _ => None,
                };
                text.push(meant.ok_or(("an escape that is not known".to_owned(), at + 2))?);
            }
            c => text.push(c),
        }
    }
    Err(("this text is never closed".to_owned(), 1))
}
