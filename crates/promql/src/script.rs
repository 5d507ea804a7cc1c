//! Tests of queries as text, in the notation of Prometheus's `promqltest`.
//!
//! ```text
//! load 1m
//!   hits{code="200"} 0+60x10
//!   hits{code="500"} 0+6x5 _ stale
//!
//! eval instant at 10m sum by (code) (rate(hits[5m]))
//!   {code="200"} 1
//!
//! eval range from 0 to 2m step 1m hits{code="500"}
//!   hits{code="500"} 0 6 12
//!
//! eval_fail instant at 10m hits + on () hits
//! ```
//!
//! `eval_ordered` also compares the order, `clear` forgets what was loaded. Numbers may differ by a millionth.

mod expect;
mod values;

use std::fmt;
use std::time::Duration;

use andon_timeseries::{Head, Limits, MatchOp, Sample};
use andon_vocabulary::{Labels, Timestamp};

use crate::node::Node;
use crate::tokens::{Token, scan};
use crate::{Expr, Options, instant, parse, range};
use expect::Expected;
pub use values::{BadValues, values};

/// A test that failed, or a line that is not understood; lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for Failure {}

/// A text that names no series, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSeries(String);

impl fmt::Display for BadSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSeries {}

/// Runs a script to its end. Gives the number of evaluations if all went as expected, else all that did not.
pub fn run(text: &str) -> Result<usize, Vec<Failure>> {
    let mut head = empty();
    let mut evaluations = 0;
    let mut failures = Vec::new();
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !is_blank(line)).peekable();
    while let Some((command, line)) = lines.next() {
        let mut body = Vec::new();
        while let Some((indented, _)) = lines.next_if(|(line, _)| line.starts_with([' ', '\t'])) {
            body.push(indented.trim());
        }
        let outcome = match command.split_whitespace().next() {
            Some("clear") => {
                head = empty();
                Ok(())
            }
            Some("load") => load(&mut head, command, &body),
            Some("eval" | "eval_fail" | "eval_ordered") => {
                evaluations += 1;
                evaluate(&head, command, &body)
            }
            _ => Err("expected load, eval, eval_fail, eval_ordered or clear".to_owned()),
        };
        failures.extend(outcome.err().map(|message| Failure { line, message }));
    }
    if failures.is_empty() { Ok(evaluations) } else { Err(failures) }
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// A script decides itself how much it loads.
fn empty() -> Head {
    let window = Duration::from_secs(100 * 365 * 86_400);
    Head::new(Limits { window, series_max: usize::MAX, samples_per_series_max: usize::MAX })
}

fn load(head: &mut Head, command: &str, body: &[&str]) -> Result<(), String> {
    let step = command.strip_prefix("load").map(str::trim).unwrap_or_default();
    let step = milliseconds(step)?;
    for line in body {
        let (labels, rest) = series(line).map_err(|error| error.to_string())?;
        for (sample, index) in values(rest).map_err(|error| error.to_string())?.into_iter().zip(0..) {
            let Some(value) = sample else { continue };
            let sample = Sample { at: Timestamp::from_ms(step * index), value };
            head.append(&labels, sample).map_err(|error| format!("{labels}: {error}"))?;
        }
    }
    Ok(())
}

fn evaluate(head: &Head, command: &str, body: &[&str]) -> Result<(), String> {
    let usage = || "write `eval instant at 5m QUERY` or `eval range from 0 to 5m step 1m QUERY`".to_owned();
    let (verb, rest) = word(command);
    let (kind, rest) = word(rest);
    let options = Options::default();
    let (outcome, expected) = match kind {
        "instant" => {
            let (at, query) = after(rest, "at").ok_or_else(usage)?;
            let at = Timestamp::from_ms(milliseconds(at)?);
            let outcome = parse(query)
                .map_err(|error| error.to_string())
                .and_then(|expr| instant(&expr, head, at, &options).map_err(|error| error.to_string()));
            (outcome.map(|answer| Expected::of_value(answer.value)), Expected::instant(body))
        }
        "range" => {
            let (start, rest) = after(rest, "from").ok_or_else(usage)?;
            let (end, rest) = after(rest, "to").ok_or_else(usage)?;
            let (step, query) = after(rest, "step").ok_or_else(usage)?;
            let (start, end, step) = (milliseconds(start)?, milliseconds(end)?, milliseconds(step)?);
            let step_span = Duration::from_millis(step.unsigned_abs());
            let [from, to] = [start, end].map(Timestamp::from_ms);
            let outcome = parse(query).map_err(|error| error.to_string()).and_then(|expr: Expr| {
                range(&expr, head, from, to, step_span, &options).map_err(|error| error.to_string())
            });
            (outcome.map(|answer| Expected::of_series(answer.value)), Expected::range(body, start, step))
        }
        _ => return Err(usage()),
    };
    match (outcome, verb) {
        (Ok(actual), "eval_fail") => Err(format!("expected a failure, but it gave\n{actual}")),
        (Err(message), "eval_fail") => match body.first().map(|line| word(line)) {
            Some(("expected_fail_message", wanted)) if message != wanted => {
                Err(format!("failed as expected, but said {message:?} instead of {wanted:?}"))
            }
            _ => Ok(()),
        },
        (Err(message), _) => Err(message),
        (Ok(actual), _) => actual.compare(&expected?, verb == "eval_ordered"),
    }
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim())
}

/// The word after a keyword, and what follows it.
fn after<'a>(text: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (first, rest) = word(text);
    (first == keyword).then(|| word(rest))
}

/// `5m`, `1h30m`, or plain seconds.
fn milliseconds(text: &str) -> Result<i64, String> {
    match parse(text).as_ref().map(|expr| &*expr.0) {
        Ok(Node::Number(seconds)) => Ok((seconds * 1000.0) as i64),
        _ => Err(format!("{text:?} is not a duration; write 30s, 5m or 1h30m")),
    }
}

/// Splits `name{label="value"} rest` into the labels and the rest.
pub fn series(line: &str) -> Result<(Labels, &str), BadSeries> {
    let tokens = scan(line);
    let end = match tokens.iter().position(|token| token.token == Token::Symbol('{')) {
        Some(open) if open <= 1 => tokens[open..].iter().find(|token| token.token == Token::Symbol('}')),
        _ => tokens.first().filter(|token| token.token == Token::Word),
    };
    let bad = || BadSeries(format!("{line:?} does not begin with a series such as up{{job=\"a\"}}"));
    let (series, rest) = line.split_at(end.ok_or_else(bad)?.span.end);
    if series.chars().all(|c| c.is_whitespace() || matches!(c, '{' | '}')) {
        return Ok((Labels::default(), rest));
    }
    let expr = parse(series).map_err(|error| BadSeries(format!("{series}: {error}")))?;
    let Node::Select(selector) = &*expr.0 else { return Err(bad()) };
    if selector.matchers.iter().any(|matcher| matcher.op() != MatchOp::Equal) {
        return Err(BadSeries(format!("{series}: the labels of a series are given with =")));
    }
    Ok((selector.matchers.iter().map(|matcher| (matcher.name(), matcher.value())).collect(), rest))
}

#[cfg(test)]
mod tests;
