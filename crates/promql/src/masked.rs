//! Regular expressions put out of the grammar's sight.
//!
//! `promql-parser` compiles each one by itself, and refuses some that Prometheus takes (`\Q…\E`, `\101`). What it
//! refuses it is given numbers for; the matchers get the expressions back from here, and are compiled by our rules.

use promql_parser::parser::{Expr, parse};

use crate::tokens::{Spanned, Token};

#[derive(Default)]
pub(crate) struct Masked {
    /// By the number that stands for each.
    regexes: Vec<String>,
}

impl Masked {
    /// The text with numbers for its regular expressions; none where it has none.
    pub fn of(text: &str, tokens: &[Spanned]) -> Option<(String, Masked)> {
        let (mut out, mut copied, mut masked) = (String::new(), 0, Masked::default());
        for three in tokens.windows(3) {
            let [first, second, third] = three else { unreachable!("windows of three") };
            let is_regex = matches!(first.token, Token::Symbol('=' | '!'))
                && second.token == Token::Symbol('~')
                && third.token == Token::Text;
            if !is_regex {
                continue;
            }
            let Ok(Expr::StringLiteral(literal)) = parse(&text[third.span.clone()]) else { return None };
            out.push_str(&text[copied..third.span.start]);
            out.push_str(&format!("\"{}\"", masked.regexes.len()));
            copied = third.span.end;
            masked.regexes.push(literal.val);
        }
        out.push_str(&text[copied..]);
        (!masked.regexes.is_empty()).then_some((out, masked))
    }

    /// What a matcher's regular expression really is.
    pub fn regex<'a>(&'a self, value: &'a str) -> &'a str {
        let known = value.parse().ok().and_then(|number: usize| self.regexes.get(number));
        known.map_or(value, String::as_str)
    }
}
