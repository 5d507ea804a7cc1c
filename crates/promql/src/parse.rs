//! From text to an expression, or to an error that points at the place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::Expr;
use crate::lower::lower;
use crate::masked::Masked;
use crate::tokens::{Spanned, Token, scan};

/// A query longer than this was not written by anybody.
const BYTES_MAX: usize = 32 * 1024;

/// Operators and parentheses: bounds how deep a tree can get, and so the stack that walking it takes.
const NESTING_MAX: usize = 250;

/// Seconds; about 300 years. The grammar panics where a plain number of seconds does not fit its durations.
const DURATION_MAX: f64 = 1e10;

/// What is wrong with a query, and where: the span counts bytes of the parsed text, and covers all of it where the
/// place is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub message: String,
    pub span: Range<usize>,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let whole = |message: String| ParseError { message, span: 0..text.len() };
    if text.len() > BYTES_MAX {
        return Err(whole(format!("query of {} bytes; at most {BYTES_MAX} are taken", text.len())));
    }
    let tokens = scan(text);
    if tokens.is_empty() {
        return Err(whole("the query is empty".to_owned()));
    }
    check_bounds(text, &tokens)?;
    let (tree, masked) = tree(text, &tokens).map_err(|message| explain(text, &tokens, &message))?;
    Ok(Expr(Arc::new(lower(&tree, text, &tokens, &masked)?)))
}

fn tree(text: &str, tokens: &[Spanned]) -> Result<(promql_parser::parser::Expr, Masked), String> {
    match promql_parser::parser::parse(text) {
        Ok(tree) => Ok((tree, Masked::default())),
        Err(message) if message.contains("illegal regex") => match Masked::of(text, tokens) {
            Some((text, masked)) => Ok((promql_parser::parser::parse(&text)?, masked)),
            None => Err(message),
        },
        Err(message) => Err(message),
    }
}

fn check_bounds(text: &str, tokens: &[Spanned]) -> Result<(), ParseError> {
    let mut nesting = 0;
    for (index, token) in tokens.iter().enumerate() {
        let before = |back: usize| index.checked_sub(back).map(|i| tokens[i].token);
        match token.token {
            Token::Symbol('(' | '+' | '-' | '*' | '/' | '%' | '^' | '=' | '!' | '<' | '>') => nesting += 1,
            Token::Word if matches!(&text[token.span.clone()], "and" | "or" | "unless" | "atan2") => {
                nesting += 1;
            }
            Token::Number => {
                let is_duration = match before(1) {
                    Some(Token::Symbol('[' | ':')) => true,
                    Some(Token::Symbol('+' | '-')) => is_offset(text, tokens, index.saturating_sub(2)),
                    _ => index > 0 && is_offset(text, tokens, index - 1),
                };
                let seconds: Result<f64, _> = text[token.span.clone()].parse();
                if is_duration && seconds.is_ok_and(|seconds| seconds > DURATION_MAX) {
                    let message = "duration is too long; write it as 5m, 1h30m or 30d".to_owned();
                    return Err(ParseError { message, span: token.span.clone() });
                }
            }
            _ => {}
        }
        if nesting > NESTING_MAX {
            let message = format!(
                "more than {NESTING_MAX} operators and parentheses; split the query into recording rules"
            );
            return Err(ParseError { message, span: token.span.clone() });
        }
    }
    Ok(())
}

fn is_offset(text: &str, tokens: &[Spanned], index: usize) -> bool {
    tokens.get(index).is_some_and(|token| text[token.span.clone()].eq_ignore_ascii_case("offset"))
}

/// The grammar says what, seldom where; this looks for the place and for better words.
fn explain(text: &str, tokens: &[Spanned], message: &str) -> ParseError {
    let last = tokens.last().map_or(0..text.len(), |token| token.span.clone());
    if message == "invalid promql query" {
        let (span, message) =
            two_operands(text, tokens).unwrap_or_else(|| (0..text.len(), "this is not PromQL".to_owned()));
        return ParseError { message, span };
    }
    if message.contains("unclosed left parenthesis") {
        let span = unclosed(tokens).unwrap_or(last);
        return ParseError { message: "this parenthesis is never closed".to_owned(), span };
    }
    if message.contains("unexpected end of input") || message.contains("can not be at the end") {
        return ParseError { message: message.to_owned(), span: last };
    }
    let named = message.split('\'').nth(1).filter(|quoted| !quoted.is_empty());
    let span = named
        .and_then(|quoted| {
            // A superfluous bracket is usually the last of its kind; a name is usually the first.
            let mut found = tokens.iter().filter(|token| &text[token.span.clone()] == quoted);
            if message.starts_with("unexpected right") { found.next_back() } else { found.next() }
        })
        .map_or(0..text.len(), |token| token.span.clone());
    ParseError { message: message.to_owned(), span }
}

fn two_operands(text: &str, tokens: &[Spanned]) -> Option<(Range<usize>, String)> {
    const BETWEEN: &[&str] = &[
        "and",
        "or",
        "unless",
        "atan2",
        "bool",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
    ];
    let is_between =
        |token: &Spanned| BETWEEN.contains(&text[token.span.clone()].to_ascii_lowercase().as_str());
    tokens.windows(2).find_map(|pair| {
        let ends = matches!(
            pair[0].token,
            Token::Word | Token::Number | Token::Text | Token::Symbol(')' | '}' | ']')
        );
        let begins = matches!(pair[1].token, Token::Word | Token::Number | Token::Text);
        if !ends || !begins || is_between(&pair[0]) || is_between(&pair[1]) {
            return None;
        }
        let span = pair[1].span.clone();
        let message = format!("an operator or a comma is missing before {}", &text[span.clone()]);
        Some((span, message))
    })
}

fn unclosed(tokens: &[Spanned]) -> Option<Range<usize>> {
    let mut open = Vec::new();
    for token in tokens {
        match token.token {
            Token::Symbol('(') => open.push(token.span.clone()),
            Token::Symbol(')') => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

#[cfg(test)]
mod tests;
