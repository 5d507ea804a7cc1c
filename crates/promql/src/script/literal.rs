//! A histogram as scripts write it, without its braces:
//! `schema:1 count:3 sum:2.5 z_bucket:1 z_bucket_w:0.001 offset:-1 buckets:[1 0 1] n_buckets:[1]
//! counter_reset_hint:gauge`, or `schema:-53 custom_values:[5 10] buckets:[1 4 2]`.

use andon_timeseries::{Buckets, Histogram, Layout, Reset};

use super::values::number;

const KEYS: &[&str] = &[
    "schema",
    "count",
    "sum",
    "z_bucket",
    "z_bucket_w",
    "custom_values",
    "counter_reset_hint",
    "offset",
    "buckets",
    "n_offset",
    "n_buckets",
];

/// Whether its parts fit each other is for those who load it: an expectation may well name what nobody could expose.
pub(super) fn histogram(text: &str) -> Result<Histogram, &'static str> {
    let mut given: [Option<&str>; KEYS.len()] = [None; KEYS.len()];
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, tail) = rest.split_once(':').ok_or("has a word without a colon")?;
        let slot =
            KEYS.iter().position(|known| known.eq_ignore_ascii_case(key)).ok_or("has an unknown key")?;
        let length = match tail.strip_prefix('[') {
            Some(list) => list.find(']').ok_or("has a bracket that is never closed")? + 2,
            None => tail.find(char::is_whitespace).unwrap_or(tail.len()),
        };
        if given[slot].replace(&tail[..length]).is_some() {
            return Err("names a key twice");
        }
        let parted = tail[length..].trim_start();
        if parted.len() == tail.len() - length && !parted.is_empty() {
            return Err("has keys that no space parts");
        }
        rest = parted;
    }
    let [schema, count, sum, zero, width, bounds, hint, offset, buckets, n_offset, n_buckets] = given;
    let float = |text: Option<&str>| text.map_or(Some(0.0), number).ok_or("has a value that is no number");
    let layout = match integer(schema)? {
        Layout::CUSTOM => Layout::Custom(list(bounds)?.into()),
        _ if bounds.is_some() => return Err("has custom values, which need schema:-53"),
        schema => Layout::exponential(schema).map_err(|_| "has a schema that is neither -4 to 8 nor -53")?,
    };
    Ok(Histogram {
        reset: match hint {
            None | Some("unknown") => Reset::Unknown,
            Some("reset") => Reset::Reset,
            Some("not_reset") => Reset::NotReset,
            Some("gauge") => Reset::Gauge,
            Some(_) => return Err("has a hint other than unknown, reset, not_reset and gauge"),
        },
        layout,
        zero_threshold: float(width)?,
        zero_count: float(zero)?,
        count: float(count)?,
        sum: float(sum)?,
        positive: side(integer(offset)?, &list(buckets)?)?,
        negative: side(integer(n_offset)?, &list(n_buckets)?)?,
    })
}

fn integer(text: Option<&str>) -> Result<i32, &'static str> {
    text.map_or(Ok(0), str::parse).map_err(|_| "has a schema or an offset that is no whole number")
}

fn list(text: Option<&str>) -> Result<Vec<f64>, &'static str> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let inner =
        text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or("has a list without [ ]")?;
    inner.split_whitespace().map(|word| number(word).ok_or("has a list with no number")).collect()
}

fn side(offset: i32, counts: &[f64]) -> Result<Buckets, &'static str> {
    let mut buckets = Vec::with_capacity(counts.len());
    for (count, at) in counts.iter().zip(0_i64..) {
        let index =
            i32::try_from(i64::from(offset) + at).map_err(|_| "has more buckets than can be counted")?;
        if *count != 0.0 {
            buckets.push((index, *count));
        }
    }
    Ok(Buckets(buckets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "",
            "count:3 sum:-2.5",
            "schema:1 count:7.5 sum:1.5e+06 z_bucket:2 z_bucket_w:0.001 counter_reset_hint:gauge offset:-1 \
             buckets:[1 0 0 3.5] n_offset:4 n_buckets:[1]",
            "schema:-53 count:7 custom_values:[5 10] counter_reset_hint:not_reset buckets:[1 4 2]",
            "count:NaN sum:+Inf",
        ] {
            assert_eq!(histogram(text).unwrap().notation(), format!("{{{{{text}}}}}"));
        }
        let spaced = histogram("  buckets:[ 1  0 2 0 ]   COUNT:3 ").unwrap();
        assert_eq!(spaced.notation(), "{{count:3 buckets:[1 0 2]}}");
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        for wrong in [
            "count",
            "count:",
            "count:x",
            "counts:3",
            "count:1 count:2",
            "buckets:[1",
            "buckets:1",
            "buckets:[x]",
            "buckets:[1]count:3",
            "schema:9",
            "schema:1.5",
            "custom_values:[1]",
            "counter_reset_hint:maybe",
            "offset:2147483647 buckets:[1 1]",
        ] {
            assert!(histogram(wrong).is_err(), "{wrong}");
        }
    }
}
