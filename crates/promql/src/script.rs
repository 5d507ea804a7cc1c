//! Tests of queries as text, in the notation of Prometheus's `promqltest`.
//!
//! ```text
//! load 1m
//!   hits{code="200"} 0+60x10
//!   hits{code="500"} 0+6x5 _ stale
//!   latency {{schema:0 count:3 sum:5 buckets:[1 2]}}x10
//!
//! eval instant at 10m sum by (code) (rate(hits[5m]))
//!   {code="200"} 1
//!
//! eval range from 0 to 2m step 1m hits{code="500"}
//!   expect no_warn
//!   hits{code="500"} 0 6 12
//!
//! eval instant at 10m hits + on () hits
//!   expect fail
//! ```
//!
//! A command ends with an empty line or a comment. `clear` forgets what was loaded; `load_with_nhcb` also makes native
//! histograms of classic ones. Below a query, `expect` claims `ordered`, `fail`, `warn`, `no_warn`, `info`, `no_info`
//! (with `msg:` and the message, or `regex:` and a pattern), `string "…"`, or `range vector from 0 to 1m step 10s`;
//! the older `eval_ordered`, `eval_fail`, `eval_warn` and `eval_info` are understood too. Numbers may differ by a
//! millionth. What is asked at an instant is also asked as the middle of a range, and with `@` at other times.

mod claim;
mod evaluate;
mod expect;
mod literal;
mod load;
mod pin;
mod series;
mod text;
mod values;
mod world;

use std::fmt;

pub use series::{BadSeries, series};
use text::word;
pub use values::{BadValues, Point, points, values};
pub use world::{BadPoint, World};

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

/// A line without the space around it, and its number.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl Line<'_> {
    fn fails(&self, message: String) -> Failure {
        Failure { line: self.number, message }
    }
}

/// A command and the lines that belong to it.
#[derive(Clone, Debug)]
struct Command<'a> {
    head: Line<'a>,
    body: Vec<Line<'a>>,
}

/// Runs a script to its end. Gives the number of evaluations if all went as expected, else all that did not.
pub fn run(text: &str) -> Result<usize, Vec<Failure>> {
    let mut world = World::default();
    let mut evaluations = 0;
    let mut failures = Vec::new();
    for command in commands(text) {
        let outcome = match word(command.head.text).0 {
            "clear" => {
                world = World::default();
                Ok(())
            }
            verb if verb.starts_with("load") => load::load(&mut world, &command),
            verb if verb.starts_with("eval") => {
                evaluations += 1;
                evaluate::evaluate(&world, &command)
            }
            verb => Err(command.head.fails(format!("{verb:?} is no command; write load, eval or clear"))),
        };
        failures.extend(outcome.err());
    }
    if failures.is_empty() { Ok(evaluations) } else { Err(failures) }
}

/// An empty line or a comment ends a command, and so do `clear` and what an `eval_fail` expects to be said.
fn commands(text: &str) -> Vec<Command<'_>> {
    let mut commands: Vec<Command> = Vec::new();
    let mut is_open = false;
    for (text, number) in text.lines().zip(1..) {
        let line = Line { number, text: text.trim() };
        if line.text.is_empty() || line.text.starts_with('#') {
            is_open = false;
            continue;
        }
        match commands.last_mut().filter(|_| is_open) {
            Some(command) => {
                command.body.push(line);
                is_open = !line.text.starts_with("expected_fail_");
            }
            None => {
                is_open = line.text != "clear";
                commands.push(Command { head: line, body: Vec::new() });
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests;
