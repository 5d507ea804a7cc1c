//! Where the parts of a query stand in its text.
//!
//! The grammar's tree has no positions, so the tokens are walked beside it. A walk that meets a token it does not expect
//! is lost: it then knows no places any more, rather than wrong ones.

use std::ops::Range;

use crate::eval::Place;
use crate::tokens::{Spanned, Token};

pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: &'a [Spanned],
    next: usize,
    is_lost: bool,
}

/// Words that may stand between an operator and its right side, each with or without labels in parentheses.
const MATCHING: &[&str] = &["bool", "on", "ignoring", "group_left", "group_right"];

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str, tokens: &'a [Spanned]) -> Cursor<'a> {
        Cursor { text, tokens, next: 0, is_lost: false }
    }

    /// The next token, or all of the text.
    pub fn span(&self) -> Range<usize> {
        self.token().map_or(0..self.text.len(), |token| token.span.clone())
    }

    /// Where the next token stands.
    pub fn place(&self) -> Option<Place> {
        self.place_behind(0)
    }

    /// Where the part begins that stands in so many parentheses from here.
    pub fn place_behind(&self, parentheses: usize) -> Option<Place> {
        let token = self.tokens.get(self.next + parentheses).filter(|_| !self.is_lost)?;
        let before = &self.text[..token.span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        Some(Place { line: count(before.matches('\n').count()), column: count(before.len() - line_start) })
    }

    pub fn text(&self, span: &Range<usize>) -> &'a str {
        &self.text[span.clone()]
    }

    /// The name of a function or an aggregation.
    pub fn name(&mut self, name: &str) {
        if self.word().eq_ignore_ascii_case(name) { self.next += 1 } else { self.is_lost = true }
    }

    pub fn symbol(&mut self, symbol: char) {
        if self.is_at(symbol) { self.next += 1 } else { self.is_lost = true }
    }

    pub fn symbol_if_there(&mut self, symbol: char) {
        self.next += usize::from(self.is_at(symbol));
    }

    /// A number with its signs, or a text.
    pub fn literal(&mut self) {
        while self.is_at('-') || self.is_at('+') {
            self.next += 1;
        }
        self.next += 1;
    }

    /// `up{job="x"}`, without its time.
    pub fn selector(&mut self) {
        if self.token().is_some_and(|token| token.token == Token::Word) {
            self.next += 1;
        }
        self.bracketed('{', '}');
    }

    /// `by (x)`, if it stands here.
    pub fn grouping(&mut self) {
        if ["by", "without"].iter().any(|word| self.word().eq_ignore_ascii_case(word)) {
            self.next += 1;
            self.bracketed('(', ')');
        }
    }

    /// An operator with what it matches on.
    pub fn operator(&mut self, operator: &str) {
        if operator.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.name(operator);
        } else {
            operator.chars().for_each(|symbol| self.symbol(symbol));
        }
        while MATCHING.iter().any(|word| self.word().eq_ignore_ascii_case(word)) {
            let takes_labels = !self.word().eq_ignore_ascii_case("bool");
            self.next += 1;
            if takes_labels {
                self.bracketed('(', ')');
            }
        }
    }

    /// Ranges and times: `[5m]`, `[1h:]`, `offset 5m`, `@ end()`.
    pub fn suffixes(&mut self) {
        loop {
            if self.is_at('[') {
                self.bracketed('[', ']');
            } else if self.is_at('@') {
                self.next += 1;
                self.literal();
                self.bracketed('(', ')');
            } else if self.word().eq_ignore_ascii_case("offset") {
                self.next += 1;
                self.literal();
            } else {
                return;
            }
        }
    }

    fn token(&self) -> Option<&'a Spanned> {
        self.tokens.get(self.next).filter(|_| !self.is_lost)
    }

    fn is_at(&self, symbol: char) -> bool {
        self.token().is_some_and(|token| token.token == Token::Symbol(symbol))
    }

    fn word(&self) -> &'a str {
        let token = self.token().filter(|token| token.token == Token::Word);
        token.map_or("", |token| &self.text[token.span.clone()])
    }

    /// From an opening bracket behind the closing one that belongs to it.
    fn bracketed(&mut self, open: char, close: char) {
        let mut depth = 0_usize;
        loop {
            if self.is_at(open) {
                depth += 1;
            } else if self.is_at(close) {
                depth = depth.saturating_sub(1);
            }
            if depth == 0 && !self.is_at(close) || self.token().is_none() {
                return;
            }
            self.next += 1;
            if depth == 0 {
                return;
            }
        }
    }
}
