//! The order of an answer; of a range query's answer, which is ordered by labels, nothing is seen of it.

use std::cmp::Ordering;

use super::rows::{Row, Rows};
use super::steps::Steps;

/// Floats by value, NaN always last; equal values keep their order. Histograms have no order and are left out.
pub(super) fn by_value(rows: Rows, steps: Steps, descending: bool) -> Rows {
    let mut rows = rows.map_floats(|_, value| value);
    if steps.count == 1 {
        rows.rows.sort_by(|a, b| order(a.points.float(0), b.points.float(0), descending));
    }
    rows
}

/// NaN last, whichever way.
pub(super) fn order(a: f64, b: f64, descending: bool) -> Ordering {
    let by_value = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
    a.is_nan().cmp(&b.is_nan()).then(if descending { by_value.reverse() } else { by_value })
}

/// By the labels that are named, numbers within their values as numbers, then by all labels.
pub(super) fn by_labels(rows: Rows, names: &[&str], descending: bool) -> Rows {
    let mut rows = rows.settled();
    let compare = |a: &Row, b: &Row| {
        let by_name =
            |name: &&str| natural(a.labels.get(name).unwrap_or(""), b.labels.get(name).unwrap_or(""));
        let named = names.iter().map(by_name).find(|order| order.is_ne());
        named.unwrap_or_else(|| a.labels.cmp(&b.labels))
    };
    rows.sort_by(|a, b| if descending { compare(b, a) } else { compare(a, b) });
    Rows::new(rows)
}

/// `node-9` before `node-10`: runs of digits are compared as numbers, and what is between them as text.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    while !a.is_empty() && !b.is_empty() {
        let (chunk_a, chunk_b) = (chunk(a), chunk(b));
        let order = if is_number(chunk_a) && is_number(chunk_b) {
            let digits = |text: &str| text.trim_start_matches('0').len();
            let trimmed = |text: &'_ str| text.trim_start_matches('0').to_owned();
            digits(chunk_a)
                .cmp(&digits(chunk_b))
                .then_with(|| trimmed(chunk_a).cmp(&trimmed(chunk_b)))
                .then_with(|| chunk_a.len().cmp(&chunk_b.len()))
        } else {
            chunk_a.cmp(chunk_b)
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (&a[chunk_a.len()..], &b[chunk_b.len()..]);
    }
    a.len().cmp(&b.len())
}

/// The digits, or what is no digit, at the beginning.
fn chunk(text: &str) -> &str {
    let digits = is_number(text);
    &text[..text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len())]
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_text_are_numbers() {
        let mut names = ["node-10", "node-9", "node-9b", "node", "a-2", "node-09"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a-2", "node", "node-9", "node-9b", "node-09", "node-10"]);
    }
}
