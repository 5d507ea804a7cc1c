//! What is sealed comes back bit for bit; what is damaged is refused.

#[path = "../../benches/mix/mod.rs"]
mod mix;

use super::*;
use crate::{Buckets, Histogram, Layout, Reset, STALE};

fn samples(pairs: impl IntoIterator<Item = (i64, f64)>) -> Vec<Sample> {
    pairs.into_iter().map(|(ms, value)| Sample { at: Timestamp::from_ms(ms), value }).collect()
}

/// The size in bytes of what is to stay.
fn check(samples: &[Sample]) -> usize {
    let sizes = [Chunk::seal(samples), Chunk::seal_small(samples)].map(|chunk| {
        let (mut read, mut none) = (Vec::new(), Vec::new());
        chunk.read(&mut read, &mut none).unwrap();
        assert_eq!(read, samples);
        assert!(none.is_empty() && !chunk.is_histograms());
        assert_eq!((chunk.from(), chunk.to()), (samples[0].at, samples[samples.len() - 1].at));
        let (third, half) = (samples.len() / 3, samples.len() / 2);
        read.clear();
        chunk.read_within(samples[third].at, samples[half].at, &mut read, &mut none).unwrap();
        assert_eq!(read, samples[(third + 1).min(half + 1)..=half]);
        chunk.bytes().len()
    });
    sizes[1]
}

fn steady(value: impl Fn(i64) -> f64) -> Vec<Sample> {
    samples((0..1000).map(|i| (1_700_000_000_000 + i * 15_000, value(i))))
}

#[test]
fn every_bit_comes_back() {
    check(&samples([(5, 1.5)]));
    check(&samples([(5, STALE)]));
    check(&samples([(i64::MIN, 1.0), (-1, 2.0), (i64::MAX, 3.0)]));
    check(&samples([(0, 0.1), (1, f64::NAN), (2, STALE), (3, f64::INFINITY), (9, -0.0), (10, 0.0)]));
    let payloads = [1, u64::MAX, 1 << 63, 0x7ff8_0000_0000_0123, 0xfff0_0000_0000_0002];
    check(&samples(payloads.iter().enumerate().map(|(i, bits)| (i as i64, f64::from_bits(*bits)))));
    let mut ends = steady(|i| (i % 7) as f64 / 4.0);
    ends[500].value = f64::NEG_INFINITY;
    ends[999].value = STALE;
    assert!(check(&ends) < 500);
    check(&steady(|i| if i % 2 == 0 { STALE } else { f64::NAN }));
}

#[test]
fn steady_series_are_very_small() {
    assert!(check(&steady(|_| 0.0)) <= 16);
    assert!(check(&steady(|_| 1.0 / 3.0)) <= 24);
    assert!(check(&steady(|i| (i * 37) as f64)) <= 16);
    assert!(check(&steady(|i| (i / 300) as f64 * 1024.0)) <= 32);
    let mut ended = steady(|_| 42.0);
    ended[999].value = STALE;
    assert!(check(&ended) <= 32);
}

#[test]
fn decimals_take_their_digits_only() {
    let hundredths = steady(|i| (i * 7919 % 256) as f64 / 100.0);
    assert!(check(&hundredths) < 1150, "{}", check(&hundredths));
    let single = steady(|i| f64::from((i as f32 * 0.37).sin()));
    assert!(check(&single) < 3500, "{}", check(&single));
}

/// Gorilla takes 2.9 bytes for such a mix.
#[test]
fn a_realistic_mix_takes_less_than_a_byte_a_sample() {
    let each = |times, len| {
        let mut bytes = 0;
        for (_, sort) in mix::SORTS {
            bytes += (0..8).map(|n| check(&mix::series(*sort, times, n, len))).sum::<usize>();
        }
        bytes as f64 / (8 * mix::SORTS.len() * len) as f64
    };
    let (exact, jittered) = (each(mix::Times::Exact, 1000), each(mix::Times::Jittered, 1000));
    assert!(exact < 0.5 && jittered < 0.8, "{exact} {jittered}");
    let (exact, jittered) = (each(mix::Times::Exact, 250), each(mix::Times::Jittered, 250));
    assert!(exact < 0.6 && jittered < 0.95, "{exact} {jittered}");
}

#[test]
fn anything_comes_back() {
    arbtest::arbtest(|u| {
        let mut at = i64::from(u.arbitrary::<i32>()?);
        let wide = u.int_in_range(1..=31)?;
        let kind = u.int_in_range(0..=3)?;
        let mut pairs = Vec::new();
        for _ in 0..u.int_in_range(1..=700)? {
            let value = match kind {
                0 => f64::from_bits(u.arbitrary()?),
                1 => f64::from(u.arbitrary::<i16>()?) / 1000.0,
                2 => f64::from(u.arbitrary::<f32>()?),
                _ => *u.choose(&[0.0, -0.0, 1.0, STALE, f64::NAN, f64::INFINITY, 1e300, 0.1])?,
            };
            pairs.push((at, value));
            at += 1 + i64::from(u.arbitrary::<u32>()? >> wide);
        }
        check(&samples(pairs));
        Ok(())
    });
}

fn histogram(u: &mut arbtest::arbitrary::Unstructured<'_>) -> arbtest::arbitrary::Result<Histogram> {
    let buckets = |u: &mut arbtest::arbitrary::Unstructured<'_>| {
        let mut index = u.int_in_range(-40..=40)?;
        let mut all = Vec::new();
        for _ in 0..u.int_in_range(0..=5)? {
            let count = if u.ratio(9, 10)? { f64::from(u.arbitrary::<u16>()?) } else { u.arbitrary()? };
            all.push((index, count));
            index += u.int_in_range(1..=3)?;
        }
        Ok(Buckets(all))
    };
    let custom = u.arbitrary()?;
    Ok(Histogram {
        reset: *u.choose(&[Reset::Unknown, Reset::Reset, Reset::NotReset, Reset::Gauge])?,
        layout: if custom {
            Layout::Custom([0.5, 1.0, 2.5].into())
        } else {
            Layout::Exponential(u.int_in_range(-4..=8)?)
        },
        zero_threshold: if custom { 0.0 } else { 1e-128 },
        zero_count: f64::from(u.arbitrary::<u8>()?),
        count: f64::from(u.arbitrary::<u32>()?),
        sum: u.arbitrary()?,
        positive: buckets(u)?,
        negative: if custom { Buckets::default() } else { buckets(u)? },
    })
}

#[test]
fn any_histograms_come_back() {
    arbtest::arbtest(|u| {
        let mut all = Vec::new();
        let mut one = histogram(u)?;
        for at in 0..u.int_in_range(1..=20)? {
            if u.ratio(1, 3)? {
                one = histogram(u)?;
            } else {
                one.count += 3.0;
                one.sum += 0.25;
            }
            all.push(HistogramSample { at: Timestamp::from_ms(at * 15_000), histogram: one.clone().into() });
        }
        let chunk = Chunk::seal_histograms(&all);
        let (mut none, mut read) = (Vec::new(), Vec::new());
        chunk.read(&mut none, &mut read).unwrap();
        // Debug texts compare NaN with NaN.
        assert_eq!(format!("{read:?}"), format!("{all:?}"));
        assert!(none.is_empty() && chunk.is_histograms());
        let half = all.len() / 2;
        chunk.read_within(all[half].at, chunk.to(), &mut none, &mut read).unwrap();
        assert_eq!(format!("{:?}", &read[all.len()..]), format!("{:?}", &all[half + 1..]));
        Ok(())
    });
}

#[test]
fn a_steady_histogram_takes_a_byte_a_bucket() {
    let at = |i: i64| {
        let buckets = (-10..10).map(|index| (index, (i * 3) as f64)).collect();
        let histogram = Histogram {
            reset: Reset::Unknown,
            layout: Layout::Exponential(3),
            zero_threshold: 1e-128,
            zero_count: 0.0,
            count: (i * 60) as f64,
            sum: (i * 4) as f64,
            positive: Buckets(buckets),
            negative: Buckets::default(),
        };
        HistogramSample { at: Timestamp::from_ms(i * 15_000), histogram: histogram.into() }
    };
    let all: Vec<HistogramSample> = (0..100).map(at).collect();
    assert!(Chunk::seal_histograms(&all).bytes().len() < 100 * 28);
}

#[test]
fn damage_is_refused() {
    let mut good = vec![
        Chunk::seal(&steady(|i| (i * i % 100) as f64 / 8.0)),
        Chunk::seal(&samples((0..300).map(|i| (i * 1000 + i * i % 7, (i as f64).sqrt())))),
        Chunk::seal(&steady(|i| if i == 500 { STALE } else { 1.0 })),
    ];
    arbtest::arbtest(|u| {
        let all = [HistogramSample { at: Timestamp::from_ms(5), histogram: histogram(u)?.into() }];
        good.push(Chunk::seal_histograms(&all));
        let chunk = u.choose(&good)?.clone();
        good.truncate(3);
        let mut bytes = chunk.bytes().to_vec();
        for _ in 0..u.int_in_range(0..=4)? {
            let at = u.int_in_range(0..=bytes.len() - 1)?;
            bytes[at] = u.arbitrary()?;
        }
        if u.ratio(1, 4)? {
            bytes.truncate(u.int_in_range(0..=bytes.len())?);
        }
        let (mut read, mut histograms) = (Vec::new(), Vec::new());
        let damaged = Chunk::from_parts(chunk.extent(), bytes);
        if damaged.read(&mut read, &mut histograms).is_err() {
            assert!(read.is_empty() && histograms.is_empty());
        }
        Ok(())
    })
    .budget_ms(1_000);
    let one = Chunk::seal(&samples([(1, 1.0), (2, 2.0)]));
    let wrong = Extent { len: u32::MAX, ..one.extent() };
    let error = Chunk::unpack(wrong, one.bytes(), &mut Vec::new(), &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "damaged chunk: impossible number of samples");
}
