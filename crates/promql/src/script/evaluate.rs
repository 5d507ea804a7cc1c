//! `eval instant at 5m QUERY` and `eval range from 0 to 5m step 1m QUERY`: the query is asked, and asked again in other
//! ways that must give the same.

use std::time::Duration;

use andon_vocabulary::Timestamp;

use super::claim::{Claims, Words};
use super::expect::Expected;
use super::text::{after, duration, word};
use super::{Command, Failure, Line, World};
use crate::{Annotations, EvalError, Expr, Kind, Options, instant, parse, range};

/// Around an instant, this much is evaluated as a range too.
const AROUND: i64 = 60_000;

/// When a query is evaluated; milliseconds.
#[derive(Clone, Copy)]
enum When {
    Instant(i64),
    Range { start: i64, end: i64, step: i64 },
}

pub(super) fn evaluate(world: &World, command: &Command) -> Result<(), Failure> {
    let head = &command.head;
    let (verb, rest) = word(head.text);
    let verb_claims = Claims::of_verb(verb).filter(|claims| !claims.ordered || rest.starts_with("instant"));
    let mut claims = verb_claims.ok_or_else(|| {
        head.fails("write eval, eval_fail, eval_warn, eval_info, or (at an instant) eval_ordered".to_owned())
    })?;
    let (when, query) = asked(rest).map_err(|why| head.fails(why))?;
    let expected = claimed(&mut claims, when, &command.body)?;
    // Written first, looked at last: what is wrong with the script is said even where the query fails.
    let outcome = ask(world, query, when);
    match (outcome, &claims.fails) {
        (Err(Refused::Failed(message)), Some(words)) => {
            if words.fit(&message) {
                return Ok(());
            }
            let wanted = words.described();
            Err(head.fails(format!("failed as expected, but said {message:?} instead of {wanted}")))
        }
        (Err(refused), _) => Err(head.fails(refused.message())),
        (Ok((actual, _)), Some(_)) => Err(head.fails(format!("expected a failure, but it gave\n{actual}"))),
        (Ok((actual, annotations)), None) => {
            claims.check(&annotations).map_err(|why| head.fails(why))?;
            actual.compare(&expected, claims.ordered).map_err(|why| head.fails(why))?;
            match when {
                When::Instant(at) => {
                    again(world, query, at, &expected, &claims).map_err(|why| head.fails(why))
                }
                When::Range { .. } => Ok(()),
            }
        }
    }
}

/// When to evaluate, and what.
fn asked(text: &str) -> Result<(When, &str), String> {
    let (kind, rest) = word(text);
    let (when, query) = match kind {
        "instant" => {
            let (at, query) = after(rest, "at").ok_or(USAGE)?;
            (When::Instant(duration(at)?), query)
        }
        "range" => stepped(rest)?,
        _ => return Err(USAGE.to_owned()),
    };
    if query.is_empty() { Err(USAGE.to_owned()) } else { Ok((when, query)) }
}

const USAGE: &str = "write `eval instant at 5m QUERY` or `eval range from 0 to 5m step 1m QUERY`";

/// `from 0 to 5m step 1m`, and what follows it.
fn stepped(text: &str) -> Result<(When, &str), String> {
    let (start, rest) = after(text, "from").ok_or(USAGE)?;
    let (end, rest) = after(rest, "to").ok_or(USAGE)?;
    let (step, rest) = after(rest, "step").ok_or(USAGE)?;
    let (start, end, step) = (duration(start)?, duration(end)?, duration(step)?);
    if end < start {
        return Err("the range ends before it begins".to_owned());
    }
    Ok((When::Range { start, end, step }, rest))
}

/// `from 0 to 5m step 1m` alone.
fn span(text: &str) -> Result<When, String> {
    match stepped(text)? {
        (when, "") => Ok(when),
        (_, more) => Err(format!("{more:?} is too much behind the step")),
    }
}

/// What the lines below the query say of it: claims, and the result.
fn claimed(claims: &mut Claims, when: When, body: &[Line]) -> Result<Expected, Failure> {
    let (mut rows, mut said, mut steps) = (Vec::new(), None, when);
    for line in body {
        let text = line.text;
        let fails = |why: String| line.fails(why);
        if let Some(message) = text.strip_prefix("expected_fail_message") {
            claims.fails = Some(Words::Exactly(message.trim().to_owned()));
        } else if let Some(pattern) = text.strip_prefix("expected_fail_regexp") {
            claims.fails = Some(Words::like(pattern).map_err(fails)?);
        } else if let Some(text) = text.strip_prefix("expect string ") {
            said = Some(Expected::text(text).map_err(fails)?);
        } else if let Some(text) = text.strip_prefix("expect range vector ") {
            steps = span(text).map_err(fails)?;
        } else if let Some(claim) = text.strip_prefix("expect ") {
            claims.add(claim).map_err(fails)?;
        } else {
            rows.push(*line);
        }
    }
    match (said, steps) {
        (Some(said), _) => Ok(said),
        (None, When::Instant(_)) => Expected::instant(&rows),
        (None, When::Range { start, end, step }) => Expected::range(&rows, start, end, step),
    }
}

/// Why there is no answer.
enum Refused {
    Failed(String),
    /// Not a failure of the query, but of what evaluates it: no script may expect it.
    Unsupported(String),
}

impl Refused {
    fn message(self) -> String {
        match self {
            Refused::Failed(message) | Refused::Unsupported(message) => message,
        }
    }
}

impl From<EvalError> for Refused {
    fn from(error: EvalError) -> Refused {
        match error {
            EvalError::Unsupported(_) => Refused::Unsupported(error.to_string()),
            _ => Refused::Failed(error.to_string()),
        }
    }
}

fn ask(world: &World, query: &str, when: When) -> Result<(Expected, Annotations), Refused> {
    let expr = parse(query).map_err(|error| Refused::Failed(error.to_string()))?;
    evaluated(world, &expr, when)
}

fn evaluated(world: &World, expr: &Expr, when: When) -> Result<(Expected, Annotations), Refused> {
    // As `promqltest` does it.
    let options = Options { late_name_removal: true, ..Options::default() };
    match when {
        When::Instant(at) => {
            let answer = instant(expr, world, Timestamp::from_ms(at), &options)?;
            Ok((Expected::of_value(answer.value), answer.annotations))
        }
        When::Range { start, end, step } => {
            let [start, end] = [start, end].map(Timestamp::from_ms);
            let step = Duration::from_millis(step.unsigned_abs());
            let answer = range(expr, world, start, end, step, &options)?;
            Ok((Expected::of_series(answer.value), answer.annotations))
        }
    }
}

/// The same query, pinned to its time and asked at others, and as the middle of a range.
fn again(world: &World, query: &str, at: i64, expected: &Expected, claims: &Claims) -> Result<(), String> {
    let expr = parse(query).map_err(|error| error.to_string())?;
    if !matches!(expr.kind(), Kind::Scalar | Kind::Vector) {
        return Ok(());
    }
    let mut ways = vec![(expr.clone(), at)];
    if let Some(pinned) = expr.pinned(at) {
        let far = at.saturating_mul(10);
        let others =
            if at == 0 { vec![-1000, 0, 1000] } else { vec![far.saturating_neg(), 0, at / 5, at, far] };
        ways.extend(others.into_iter().map(|other| (pinned.clone(), other)));
    }
    for (expr, time) in ways {
        let told = |how: &str, why: String| {
            format!("{why}when `{expr}` is evaluated at {}s{how}", time as f64 / 1000.0)
        };
        let (actual, annotations) = evaluated(world, &expr, When::Instant(time))
            .map_err(|refused| told("", refused.message() + "\n"))?;
        claims.check(&annotations).map_err(|why| told("", why + "\n"))?;
        actual.compare(expected, claims.ordered).map_err(|why| told("", why))?;
        if claims.ordered {
            continue;
        }
        let (start, end) = (time.saturating_sub(AROUND), time.saturating_add(AROUND));
        let around = When::Range { start, end, step: AROUND };
        let (actual, _) = evaluated(world, &expr, around)
            .map_err(|refused| told(", amid a range", refused.message() + "\n"))?;
        let is_scalar = expr.kind() == Kind::Scalar;
        actual.at(time, is_scalar).compare(expected, false).map_err(|why| told(", amid a range", why))?;
    }
    Ok(())
}
