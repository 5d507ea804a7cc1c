//! Samples in few words: `20x88 20+2x40 _x3 stale`.

use std::fmt;

use andon_timeseries::STALE;

/// More samples than a script may ask for.
const SAMPLES_MAX: usize = 1_000_000;

/// What is wrong with a sequence of values, and with which word of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValues {
    pub word: String,
    pub why: &'static str,
}

impl fmt::Display for BadValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}; write 5, 5x3, 1+2x10, 10-1x4, _, _x3, stale, NaN or Inf", self.word, self.why)
    }
}

impl std::error::Error for BadValues {}

/// One sample a step; `None` is a step without one. As in `promtool`, a repetition comes after the first:
/// `1+2x3` is `1 3 5 7`, `5x2` is `5 5 5`; but `_x3` is three gaps. `stale` is the staleness marker.
pub fn values(text: &str) -> Result<Vec<Option<f64>>, BadValues> {
    let mut samples = Vec::new();
    for word in text.split_whitespace() {
        let bad = |why| BadValues { word: word.to_owned(), why };
        let (body, times) = match word.rsplit_once('x') {
            Some((body, times)) => {
                (body, Some(times.parse::<usize>().map_err(|_| bad("has no number after x"))?))
            }
            None => (word, None),
        };
        if samples.len().saturating_add(times.unwrap_or(0)) >= SAMPLES_MAX {
            return Err(bad("makes more than a million samples"));
        }
        if body == "_" {
            samples.extend(std::iter::repeat_n(None, times.unwrap_or(1)));
            continue;
        }
        let (first, step) = split(body).ok_or_else(|| bad("is no number"))?;
        if step != 0.0 && times.is_none() {
            return Err(bad("says how much to add, but not how often"));
        }
        // Adding step by step, as promtool does, so that rounding is the same.
        let mut value = first;
        samples.push(Some(value));
        for _ in 0..times.unwrap_or(0) {
            // Adding even nothing would make an ordinary NaN of the staleness marker.
            if step != 0.0 {
                value += step;
            }
            samples.push(Some(value));
        }
    }
    Ok(samples)
}

/// `1+2` is 1 and 2, `10-1` is 10 and -1, `5` is 5 and 0; a sign after an `e` belongs to the exponent.
fn split(body: &str) -> Option<(f64, f64)> {
    if body == "stale" {
        return Some((STALE, 0.0));
    }
    let sign = body
        .char_indices()
        .skip(1)
        .find(|(position, c)| matches!(c, '+' | '-') && !body[..*position].ends_with(['e', 'E']));
    let number = |text: &str| -> Option<f64> {
        let plain = text.strip_prefix('+').unwrap_or(text);
        // Rust also knows words that Prometheus does not.
        if plain.to_ascii_lowercase().contains("infinity") { None } else { plain.parse().ok() }
    };
    match sign {
        None => Some((number(body)?, 0.0)),
        Some((position, _)) => Some((number(&body[..position])?, number(&body[position..])?)),
    }
}

#[cfg(test)]
mod tests {
    use andon_timeseries::is_stale;

    use super::*;

    fn plain(text: &str) -> Vec<f64> {
        values(text).unwrap().into_iter().map(|value| value.unwrap_or(-999.0)).collect()
    }

    #[test]
    fn the_notation_is_promtools() {
        assert_eq!(plain("1 2 3"), [1.0, 2.0, 3.0]);
        assert_eq!(plain("1+2x3"), [1.0, 3.0, 5.0, 7.0]);
        assert_eq!(plain("10-2x2 -1"), [10.0, 8.0, 6.0, -1.0]);
        assert_eq!(plain("-2-1x1 5x2"), [-2.0, -3.0, 5.0, 5.0, 5.0]);
        assert_eq!(plain("_ _x2 1e-1 1e+1+1x0"), [-999.0, -999.0, -999.0, 0.1, 10.0]);
        assert_eq!(plain("+Inf -Inf Inf"), [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY]);
        assert!(is_stale(values("stale").unwrap()[0].unwrap()));
        assert!(values("stalex2").unwrap().into_iter().flatten().all(is_stale));
        assert_eq!(values("20x88 20+2x40 100x111").unwrap().len(), 89 + 41 + 112);
    }

    #[test]
    fn mistakes_are_named() {
        for text in ["abc", "1x", "1+x2", "1+2", "x3", "1x99999999999", "infinity"] {
            assert!(values(text).is_err(), "{text}");
        }
        let error = values("1 2y").unwrap_err().to_string();
        assert_eq!(error, r#""2y" is no number; write 5, 5x3, 1+2x10, 10-1x4, _, _x3, stale, NaN or Inf"#);
    }

    #[test]
    fn anything_can_be_given() {
        arbtest::arbtest(|u| {
            let _ = values(u.arbitrary()?);
            Ok(())
        });
    }
}
