//! A head beside a model that is nothing but maps: whatever is done to both, both say the same.

use std::collections::BTreeMap;
use std::time::Duration;

use arbtest::arbitrary::{Result, Unstructured};

use super::*;
use crate::{MatchOp, STALE, Series};

const LATE: i64 = 300;

/// Series by their labels, each from time to the bits of the value.
type Naive = BTreeMap<Labels, BTreeMap<i64, u64>>;

#[derive(Default)]
struct Model {
    series: Naive,
    floor: Option<i64>,
    /// The end of the block that was started, and what was there for it.
    block: Option<(i64, Naive)>,
}

impl Model {
    /// Whether the sample is taken.
    fn append(&mut self, labels: &Labels, at: i64, bits: u64) -> bool {
        let series = self.series.entry(labels.clone()).or_default();
        let last = series.last_key_value().map(|(at, _)| *at);
        let after_floor = self.floor.is_none_or(|floor| at >= floor);
        let taken = if last.is_none_or(|last| at > last) && after_floor {
            true
        } else if let Some(there) = series.get(&at) {
            return *there == bits;
        } else {
            last.is_none_or(|last| at >= last - LATE) && self.floor.is_none_or(|floor| at >= floor - LATE)
        };
        if taken {
            series.insert(at, bits);
        } else if series.is_empty() {
            self.series.remove(labels);
        }
        taken
    }

    fn forget(&mut self, gone: impl Fn(&Labels, i64) -> bool) {
        for (labels, series) in &mut self.series {
            series.retain(|at, _| !gone(labels, *at));
        }
        self.series.retain(|_, series| !series.is_empty());
    }

    fn between(&self, matchers: &[Matcher], from: i64, to: i64) -> Vec<(Labels, Vec<(i64, u64)>)> {
        let found =
            self.series.iter().filter(|(labels, _)| matchers.iter().all(|matcher| matcher.matches(labels)));
        let found = found.map(|(labels, series)| {
            let samples = series.iter().filter(|(at, _)| **at > from && **at <= to);
            (labels.clone(), samples.map(|(at, bits)| (*at, *bits)).collect())
        });
        found.filter(|(_, samples): &(_, Vec<_>)| !samples.is_empty()).collect()
    }
}

fn plain(series: Vec<Series>) -> Vec<(Labels, Vec<(i64, u64)>)> {
    let bits = |sample: &Sample| (sample.at.as_ms(), sample.value.to_bits());
    series.into_iter().map(|series| (series.labels, series.samples.iter().map(bits).collect())).collect()
}

fn some_labels(u: &mut Unstructured<'_>) -> Result<Labels> {
    let metric = *u.choose(&["a", "b"])?;
    let job = *u.choose(&["", "x", "y", "z"])?;
    let pod = *u.choose(&["p-1", "p-2", "q-1", "q"])?;
    Ok(Labels::new([(METRIC_NAME, metric), ("job", job), ("pod", pod)]))
}

fn some_matchers(u: &mut Unstructured<'_>) -> Result<Vec<Matcher>> {
    let mut matchers = Vec::new();
    for _ in 0..u.int_in_range(0..=3)? {
        let op = *u.choose(&[MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex])?;
        let name = *u.choose(&[METRIC_NAME, "job", "pod", "none"])?;
        let value = *u.choose(&["", "a", "x", "x|y", "p-.*", "p-1|q", ".+", ".*", "q?", "[x-z]"])?;
        matchers.push(Matcher::new(op, name, value).expect("these are regular expressions too"));
    }
    Ok(matchers)
}

fn append(head: &mut Head, model: &mut Model, labels: &Labels, at: i64, value: f64) {
    let taken = head.append(labels, Sample { at: Timestamp::from_ms(at), value });
    assert_eq!(taken.is_ok(), model.append(labels, at, value.to_bits()), "{labels} at {at}: {taken:?}");
}

fn compare(head: &Head, model: &Model, matchers: &[Matcher], from: i64, to: i64) {
    let found = head.select(matchers, Timestamp::from_ms(from), Timestamp::from_ms(to));
    assert_eq!(
        plain(found.expect("a head always answers")),
        model.between(matchers, from, to),
        "{matchers:?}"
    );
}

fn check_block(head: &Head, model: &Model) {
    let Some((_, expected)) = &model.block else { return };
    let refs: Vec<SeriesRef> = head.all().into_iter().map(|(series, _)| series).collect();
    let taken = head.take_for_block(&refs);
    let mut found = BTreeMap::new();
    let (mut samples, mut histograms) = (Vec::new(), Vec::new());
    for (at, labels) in taken.series().iter().enumerate() {
        taken.read_one(at, &mut samples, &mut histograms).expect("what is in memory is sound");
        if !samples.is_empty() {
            let bits = samples.iter().map(|sample| (sample.at.as_ms(), sample.value.to_bits()));
            found.insert(labels.clone(), bits.collect::<BTreeMap<i64, u64>>());
        }
    }
    assert_eq!(&found, expected);
}

fn act(u: &mut Unstructured<'_>, head: &mut Head, model: &mut Model, now: &mut i64) -> Result<()> {
    match u.int_in_range(0..=19)? {
        // A stretch of scrapes, long enough for chunks to be sealed.
        0..=6 => {
            let labels = some_labels(u)?;
            let step = u.int_in_range(1..=3)?;
            for i in 0..u.int_in_range(1..=400)? {
                *now += step;
                append(head, model, &labels, *now, (i % 7) as f64 / 4.0);
            }
        }
        7..=13 => {
            let labels = some_labels(u)?;
            let at = *now - u.int_in_range(-5..=LATE * 2)?;
            let value = *u.choose(&[0.0, 0.25, 1.0, -0.0, STALE, f64::NAN, f64::INFINITY])?;
            append(head, model, &labels, at, value);
            *now = at.max(*now);
        }
        14 => {
            let matchers = some_matchers(u)?;
            let from = *now - u.int_in_range(0..=1000)?;
            let to = from + u.int_in_range(0..=500)?;
            head.delete(&matchers, Timestamp::from_ms(from), Timestamp::from_ms(to));
            let hit = |labels: &Labels, at| {
                (from..=to).contains(&at) && matchers.iter().all(|matcher| matcher.matches(labels))
            };
            model.forget(hit);
            if let Some((_, block)) = &mut model.block {
                block.iter_mut().for_each(|(labels, series)| series.retain(|at, _| !hit(labels, *at)));
                block.retain(|_, series| !series.is_empty());
            }
        }
        15 if model.block.is_none() => {
            let end = model.floor.unwrap_or(i64::MIN).max(*now - u.int_in_range(-10..=600)?);
            head.start_block(Timestamp::from_ms(end));
            let mut block = model.series.clone();
            block.values_mut().for_each(|series| series.retain(|at, _| *at < end));
            block.retain(|_, series| !series.is_empty());
            model.block = Some((end, block));
        }
        16 => {
            check_block(head, model);
            if let Some((end, block)) = model.block.take() {
                head.truncate(Timestamp::from_ms(end));
                model.floor = Some(model.floor.map_or(end, |floor| floor.max(end)));
                model.forget(|labels, at| block.get(labels).is_some_and(|series| series.contains_key(&at)));
            }
        }
        _ => {
            let from = *now - u.int_in_range(-10..=1500)?;
            compare(head, model, &some_matchers(u)?, from, from + u.int_in_range(0..=1500)?);
            check_block(head, model);
        }
    }
    Ok(())
}

#[test]
fn a_head_says_what_a_naive_model_says() {
    let limits = Limits {
        samples_per_series_max: usize::MAX,
        late_max: Duration::from_millis(LATE as u64),
        ..Limits::default()
    };
    arbtest::arbtest(|u| {
        let (mut head, mut model) = (Head::new(limits.clone()), Model::default());
        let mut now = 10_000;
        while !u.is_empty() {
            act(u, &mut head, &mut model, &mut now)?;
        }
        compare(&head, &model, &[], i64::MIN, i64::MAX);
        assert_eq!(head.stats().series, head.all().len());
        Ok(())
    })
    .budget_ms(2_000);
}
