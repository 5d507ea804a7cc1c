//! Histograms as text: as people read them, and as scripts write them.

use std::fmt::{self, Write as _};

use super::{Bucket, Buckets, Histogram, Layout, Reset};

/// As Prometheus shows one: `{count:4, sum:5, [-0.5,0.5]:1, (1,2]:3}`.
impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{count:{}, sum:{}", short(self.count), short(self.sum))?;
        for bucket in self.negatives().rev() {
            write!(f, ", {bucket}")?;
        }
        if self.zero_count != 0.0 {
            write!(f, ", {}", self.zero_bucket())?;
        }
        for bucket in self.positives() {
            write!(f, ", {bucket}")?;
        }
        f.write_char('}')
    }
}

/// In the notation of intervals: `(1,2]:3`.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.lower_inclusive { '[' } else { '(' };
        let close = if self.upper_inclusive { ']' } else { ')' };
        let [lower, upper, count] = [self.lower, self.upper, self.count].map(short);
        write!(f, "{open}{lower},{upper}{close}:{count}")
    }
}

impl Histogram {
    /// As scripts of `promqltest` and unit tests of rules write one: `{{schema:1 count:4 sum:5 buckets:[1 0 3]}}`.
    pub fn notation(&self) -> String {
        let mut words = Vec::new();
        match &self.layout {
            Layout::Exponential(0) => {}
            Layout::Exponential(schema) => words.push(format!("schema:{schema}")),
            Layout::Custom(_) => words.push("schema:-53".to_owned()),
        }
        let numbers = [
            ("count", self.count),
            ("sum", self.sum),
            ("z_bucket", self.zero_count),
            ("z_bucket_w", self.zero_threshold),
        ];
        let set = numbers.into_iter().filter(|(_, number)| *number != 0.0);
        words.extend(set.map(|(name, number)| format!("{name}:{}", short(number))));
        if let Layout::Custom(bounds) = &self.layout {
            words.push(format!("custom_values:[{}]", listed(bounds.iter().copied())));
        }
        match self.reset {
            Reset::Unknown => {}
            Reset::Reset => words.push("counter_reset_hint:reset".to_owned()),
            Reset::NotReset => words.push("counter_reset_hint:not_reset".to_owned()),
            Reset::Gauge => words.push("counter_reset_hint:gauge".to_owned()),
        }
        side(&mut words, "", &self.positive);
        side(&mut words, "n_", &self.negative);
        format!("{{{{{}}}}}", words.join(" "))
    }
}

/// Far more empty buckets than anybody would write out in a row.
const GAP_MAX: i64 = 1000;

fn side(words: &mut Vec<String>, prefix: &str, buckets: &Buckets) {
    let Some((first, _)) = buckets.0.first() else { return };
    if *first != 0 {
        words.push(format!("{prefix}offset:{first}"));
    }
    let mut list: Vec<String> = Vec::new();
    let mut next = i64::from(*first);
    for (index, count) in &buckets.0 {
        let gap = i64::from(*index) - next;
        if gap > GAP_MAX {
            list.push(format!("…{gap} empty…"));
        } else {
            list.extend((0..gap).map(|_| "0".to_owned()));
        }
        list.push(short(*count));
        next = i64::from(*index) + 1;
    }
    words.push(format!("{prefix}buckets:[{}]", list.join(" ")));
}

fn listed(numbers: impl Iterator<Item = f64>) -> String {
    numbers.map(short).collect::<Vec<_>>().join(" ")
}

/// As Go prints a number with `%g`: the fewest digits that mean it, with an exponent below 0.0001 and from a million on.
fn short(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("written with an exponent");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}
