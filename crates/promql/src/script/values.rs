//! Samples in few words: `20x88 20+2x40 _x3 stale {{count:1 buckets:[1]}}x5`.

use std::fmt;
use std::sync::Arc;

use andon_timeseries::{Histogram, Layout, STALE};

use super::literal;

/// More samples than a script may ask for; a histogram counts once more for each of its buckets.
const SAMPLES_MAX: usize = 1_000_000;

/// What a series is worth at one step.
#[derive(Clone, Debug, PartialEq)]
pub enum Point {
    /// No sample.
    Gap,
    Float(f64),
    Histogram(Arc<Histogram>),
}

/// What is wrong with a sequence of values, and with which word of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValues {
    pub word: String,
    pub why: String,
}

impl fmt::Display for BadValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, why) = (&self.word, &self.why);
        if word.starts_with("{{") {
            return write!(
                f,
                "{word:?} {why}; write {{{{schema:1 count:3 sum:5 buckets:[1 2]}}}}, with x5 or +{{{{…}}}}x5"
            );
        }
        write!(f, "{word:?} {why}; write 5, 5x3, 1+2x10, 10-1x4, _, _x3, stale, NaN or Inf")
    }
}

impl std::error::Error for BadValues {}

/// One number a step; `None` is a step without one. As [`points`], but refuses histograms.
pub fn values(text: &str) -> Result<Vec<Option<f64>>, BadValues> {
    let float = |point| match point {
        Point::Gap => Ok(None),
        Point::Float(value) => Ok(Some(value)),
        Point::Histogram(histogram) => Err(BadValues {
            word: histogram.notation(),
            why: "is a histogram, where numbers are asked for".into(),
        }),
    };
    points(text)?.into_iter().map(float).collect()
}

/// One point a step. As in Prometheus's own scripts, a repetition comes after the first: `1+2x3` is `1 3 5 7`, `5x2` is
/// `5 5 5`; but `_x3` is three gaps. `stale` is the staleness marker.
pub fn points(text: &str) -> Result<Vec<Point>, BadValues> {
    let mut points = Vec::new();
    let mut weight = 0_usize;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let length = word_length(rest);
        let word = &rest[..length];
        rest = rest[length..].trim_start();
        let sequence =
            sequence(word).map_err(|why| BadValues { word: word.to_owned(), why: why.to_owned() })?;
        weight = weight.saturating_add(sequence.weight());
        if weight > SAMPLES_MAX {
            return Err(BadValues { word: word.to_owned(), why: "makes more than a million samples".into() });
        }
        sequence.unfold(&mut points).map_err(|why| BadValues { word: word.to_owned(), why })?;
    }
    Ok(points)
}

/// White space ends a word, but not within the braces of a histogram.
fn word_length(text: &str) -> usize {
    let mut within = false;
    for (at, c) in text.char_indices() {
        match c {
            '{' => within = true,
            '}' => within = false,
            c if c.is_whitespace() && !within => return at,
            _ => {}
        }
    }
    text.len()
}

enum Sequence {
    Gaps(usize),
    /// The first, what each next has more, and how many follow.
    Floats(f64, f64, usize),
    Histograms {
        first: Histogram,
        step: Option<(Step, Histogram)>,
        times: usize,
    },
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Add,
    Sub,
}

impl Sequence {
    fn weight(&self) -> usize {
        match self {
            Sequence::Gaps(count) => *count,
            Sequence::Floats(_, _, times) => times.saturating_add(1),
            Sequence::Histograms { first, step, times } => {
                let buckets = |h: &Histogram| h.positive.0.len() + h.negative.0.len();
                let each = match step {
                    None => 1,
                    Some((_, step)) => 1 + buckets(first) + buckets(step),
                };
                times.saturating_add(1).saturating_mul(each)
            }
        }
    }

    fn unfold(self, points: &mut Vec<Point>) -> Result<(), String> {
        match self {
            Sequence::Gaps(count) => points.extend(std::iter::repeat_n(Point::Gap, count)),
            Sequence::Floats(first, step, times) => {
                // Adding step by step, as promtool does, so that rounding is the same.
                let mut value = first;
                points.push(Point::Float(value));
                for _ in 0..times {
                    // Adding even nothing would make an ordinary NaN of the staleness marker.
                    if step != 0.0 {
                        value += step;
                    }
                    points.push(Point::Float(value));
                }
            }
            Sequence::Histograms { first, step: None, times } => {
                points.extend(std::iter::repeat_n(Point::Histogram(Arc::new(first)), times + 1));
            }
            Sequence::Histograms { first, step: Some((step, change)), times } => {
                if let (Layout::Exponential(first), Layout::Exponential(change)) =
                    (&first.layout, &change.layout)
                    && first > change
                {
                    return Err(format!("changes schema {first} by steps of the coarser schema {change}"));
                }
                let mut value = first;
                points.push(Point::Histogram(Arc::new(value.clone())));
                for _ in 0..times {
                    match step {
                        Step::Add => value.add(&change),
                        Step::Sub => value.sub(&change),
                    }
                    .map_err(|error| format!("cannot be calculated, as {error}"))?;
                    points.push(Point::Histogram(Arc::new(value.clone())));
                }
            }
        }
        Ok(())
    }
}

fn sequence(word: &str) -> Result<Sequence, &'static str> {
    if let Some(rest) = word.strip_prefix("{{") {
        return histograms(rest);
    }
    // Numbers are never hexadecimal here: an x always repeats.
    let (body, times) = match word.rsplit_once('x') {
        Some((body, times)) => (body, Some(repetition(times)?)),
        None => (word, None),
    };
    if body == "_" {
        return Ok(Sequence::Gaps(times.unwrap_or(1)));
    }
    let (first, step) = split(body).ok_or("is no number")?;
    match (step, times) {
        (Some(_), None) => Err("says how much to add, but not how often"),
        (step, times) => Ok(Sequence::Floats(first, step.unwrap_or(0.0), times.unwrap_or(0))),
    }
}

fn repetition(times: &str) -> Result<usize, &'static str> {
    times.parse().map_err(|_| "has no number after x")
}

/// What follows the first `{{`.
fn histograms(text: &str) -> Result<Sequence, &'static str> {
    const OPEN: &str = "has braces that are never closed";
    let (inner, rest) = text.split_once("}}").ok_or(OPEN)?;
    let first = literal::histogram(inner)?;
    if rest.is_empty() {
        return Ok(Sequence::Histograms { first, step: None, times: 0 });
    }
    if let Some(times) = rest.strip_prefix('x') {
        return Ok(Sequence::Histograms { first, step: None, times: repetition(times)? });
    }
    let (step, rest) = match (rest.strip_prefix("+{{"), rest.strip_prefix("-{{")) {
        (Some(rest), _) => (Step::Add, rest),
        (_, Some(rest)) => (Step::Sub, rest),
        _ => return Err("has something else behind its braces"),
    };
    let (inner, times) = rest.split_once("}}").ok_or(OPEN)?;
    let times = times.strip_prefix('x').ok_or("says what to add, but not how often")?;
    Ok(Sequence::Histograms {
        first,
        step: Some((step, literal::histogram(inner)?)),
        times: repetition(times)?,
    })
}

/// `1+2` is 1 and 2, `10-1` is 10 and -1, `5` is 5 alone; a sign after an `e` belongs to the exponent.
fn split(body: &str) -> Option<(f64, Option<f64>)> {
    if body == "stale" {
        return Some((STALE, None));
    }
    let sign = body
        .char_indices()
        .skip(1)
        .find(|(position, c)| matches!(c, '+' | '-') && !body[..*position].ends_with(['e', 'E']));
    match sign {
        None => Some((number(body)?, None)),
        Some((position, _)) => Some((number(&body[..position])?, Some(number(&body[position..])?))),
    }
}

/// A number as Prometheus's scripts write it, with `Inf` and `NaN` in any case.
pub(super) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Rust also knows words that Prometheus does not, and would take a second sign.
    if digits.starts_with(['+', '-']) || digits.to_ascii_lowercase().contains("infinity") {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use andon_timeseries::is_stale;

    use super::*;

    fn plain(text: &str) -> Vec<f64> {
        values(text).unwrap().into_iter().map(|value| value.unwrap_or(-999.0)).collect()
    }

    fn counts(text: &str) -> Vec<f64> {
        let count = |point| match point {
            Point::Histogram(histogram) => histogram.count,
            other => panic!("{other:?}"),
        };
        points(text).unwrap().into_iter().map(count).collect()
    }

    #[test]
    fn the_notation_is_promtools() {
        assert_eq!(plain("1 2 3"), [1.0, 2.0, 3.0]);
        assert_eq!(plain("1+2x3"), [1.0, 3.0, 5.0, 7.0]);
        assert_eq!(plain("10-2x2 -1"), [10.0, 8.0, 6.0, -1.0]);
        assert_eq!(plain("-2-1x1 5x2"), [-2.0, -3.0, 5.0, 5.0, 5.0]);
        assert_eq!(plain("_ _x2 1e-1 1e+1+1x0"), [-999.0, -999.0, -999.0, 0.1, 10.0]);
        assert_eq!(
            plain("+Inf -Inf Inf inf"),
            [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY]
        );
        assert_eq!(plain("0x2 1+0x1 -0 .5"), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.5]);
        assert!(is_stale(values("stale").unwrap()[0].unwrap()));
        assert!(values("stalex2").unwrap().into_iter().flatten().all(is_stale));
        assert_eq!(values("20x88 20+2x40 100x111").unwrap().len(), 89 + 41 + 112);
    }

    #[test]
    fn histograms_are_repeated_and_added() {
        assert_eq!(counts("{{count:1}}x2 {{ count:5 }}"), [1.0, 1.0, 1.0, 5.0]);
        assert_eq!(counts("{{count:1}}+{{count:2}}x2"), [1.0, 3.0, 5.0]);
        assert_eq!(counts("{{count:9 buckets:[9]}}-{{count:2 buckets:[2]}}x1 {{}}"), [9.0, 7.0, 0.0]);
        assert_eq!(points("1 {{}} _ stale").unwrap().len(), 4);
    }

    #[test]
    fn mistakes_are_named() {
        for text in [
            "abc",
            "1x",
            "1+x2",
            "1+2",
            "x3",
            "1x99999999999",
            "infinity",
            "--1",
            "0xff",
            "{{",
            "{{count:1}}y",
            "{{count:1}}+{{count:1}}",
            "{{schema:1}}+{{schema:0}}x3",
            "{{schema:-53 custom_values:[1]}}+{{}}x1",
            "{{buckets:[1 1 1 1 1 1 1 1 1 1]}}+{{}}x100000",
        ] {
            assert!(points(text).is_err(), "{text}");
        }
        let error = values("1 2y").unwrap_err().to_string();
        assert_eq!(error, r#""2y" is no number; write 5, 5x3, 1+2x10, 10-1x4, _, _x3, stale, NaN or Inf"#);
        let error = values("{{count:2}}").unwrap_err().to_string();
        assert!(error.starts_with(r#""{{count:2}}" is a histogram, where numbers"#), "{error}");
    }

    #[test]
    fn anything_can_be_given() {
        arbtest::arbtest(|u| {
            let _ = points(u.arbitrary()?);
            let pieces =
                ["{{", "}}", "x", "+", "-", "count:3", "buckets:[1 2]", " ", "_", "stale", "7", "schema:-53"];
            let mut text = String::new();
            for _ in 0..u.int_in_range(0..=20)? {
                text.push_str(u.choose(&pieces)?);
            }
            let _ = points(&text);
            Ok(())
        });
    }
}
