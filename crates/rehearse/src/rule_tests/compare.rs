//! What is expected beside what came.

use std::sync::Arc;

use andon_definitions::ExprTest;
use andon_promql::script::{Point, World, points, series};
use andon_promql::{Number, Options, parse};
use andon_vocabulary::{Labels, Timestamp};

use super::Unmet;
use super::alerts::Annotations;
use super::group::elements;

/// Asks the query of a test; `None` if it answers as expected, in whichever order.
pub(super) fn query(
    test: &ExprTest,
    world: &World,
    now: Timestamp,
    options: &Options,
    fuzzy: bool,
) -> Option<Unmet> {
    let unmet = |expected: String, got: String| Unmet {
        origin: test.origin.clone(),
        asked: format!("{} at {}", test.expr, test.eval_time),
        expected,
        got,
    };
    let mut expected: Vec<(Labels, Number)> = test
        .exp_samples
        .iter()
        .map(|sample| {
            let labels = match sample.labels.as_str() {
                "" => Labels::default(),
                labels => series(labels).expect("checked when it was loaded").0,
            };
            let number = match sample.histogram.as_deref().filter(|text| !text.is_empty()) {
                None => Number::Float(sample.number()),
                Some(text) => histogram(text),
            };
            (labels, number)
        })
        .collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    let answer = parse(&test.expr).map_err(|error| error.to_string());
    let answer = answer.and_then(|expr| elements(&expr, world, now, options));
    let mut got: Vec<(Labels, Number)> = match answer {
        Ok(elements) => elements.into_iter().map(|element| (element.labels, element.value)).collect(),
        Err(error) => return Some(unmet(samples(&expected), error)),
    };
    got.sort_by(|a, b| a.0.cmp(&b.0));
    let same = |((a, x), (b, y)): (&(Labels, Number), &(Labels, Number))| a == b && equal(x, y, fuzzy);
    if expected.len() == got.len() && expected.iter().zip(&got).all(same) {
        return None;
    }
    Some(unmet(samples(&expected), samples(&got)))
}

/// A text that is no single histogram equals nothing that a query could answer.
fn histogram(text: &str) -> Number {
    match points(text).expect("checked when it was loaded").as_slice() {
        [Point::Histogram(histogram)] => Number::Histogram(Arc::clone(histogram)),
        _ => Number::Float(f64::NAN),
    }
}

/// NaN equals nothing, as in promtool.
fn equal(a: &Number, b: &Number, fuzzy: bool) -> bool {
    match (a, b) {
        (Number::Float(a), Number::Float(b)) => {
            a == b || (fuzzy && (a.next_up() == *b || a.next_down() == *b))
        }
        (Number::Histogram(a), Number::Histogram(b)) => a.same(b),
        _ => false,
    }
}

fn samples(samples: &[(Labels, Number)]) -> String {
    let written = |(labels, number): &(Labels, Number)| match number {
        Number::Float(value) => format!("{labels} {value:?}"),
        Number::Histogram(histogram) => format!("{labels} {}", histogram.notation()),
    };
    listed(samples.iter().map(written))
}

pub(super) fn alerts(alerts: &[(Labels, Annotations)]) -> String {
    listed(alerts.iter().map(|(labels, annotations)| {
        let annotations: Vec<String> =
            annotations.iter().map(|(name, text)| format!("{name}={text:?}")).collect();
        if annotations.is_empty() {
            labels.to_string()
        } else {
            format!("{labels} {}", annotations.join(" "))
        }
    }))
}

fn listed(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    match lines.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        several => format!("\n    {}", several.join("\n    ")),
    }
}
