use super::*;

fn native(
    schema: i8,
    threshold: f64,
    zero: f64,
    positive: &[(i32, f64)],
    negative: &[(i32, f64)],
) -> Histogram {
    let sides = positive.iter().chain(negative).map(|(_, count)| count).sum::<f64>();
    Histogram {
        reset: Reset::Unknown,
        layout: Layout::Exponential(schema),
        zero_threshold: threshold,
        zero_count: zero,
        count: zero + sides,
        sum: 0.0,
        positive: Buckets(positive.to_vec()),
        negative: Buckets(negative.to_vec()),
    }
}

fn custom(bounds: &[f64], counts: &[(i32, f64)]) -> Histogram {
    Histogram { layout: Layout::Custom(bounds.into()), ..native(0, 0.0, 0.0, counts, &[]) }
}

fn sum(a: &Histogram, b: &Histogram) -> Histogram {
    let mut sum = a.clone();
    sum.add(b).unwrap();
    sum
}

fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() < 1e-12 * a.abs().max(b.abs())
}

#[test]
fn runs_become_buckets_and_runs_again() {
    let spans = [Span { offset: -2, length: 2 }, Span { offset: 1, length: 3 }];
    let deltas = Buckets::from_deltas(&spans, &[5, -2, 1, -4, 7]).unwrap();
    assert_eq!(deltas.0, [(-2, 5.0), (-1, 3.0), (1, 4.0), (3, 7.0)]);
    let counts = Buckets::from_counts(&spans, &[5.0, 3.0, 4.0, 0.0, 7.0]).unwrap();
    assert_eq!(counts, deltas);
    let back = deltas.spans();
    let populated: Vec<f64> = deltas.0.iter().map(|(_, count)| *count).collect();
    assert_eq!(Buckets::from_counts(&back, &populated).unwrap(), deltas);
}

#[test]
fn runs_that_lie_are_refused() {
    let span = |offset, length| Span { offset, length };
    let long = Buckets::from_counts(&[span(0, u32::MAX)], &[1.0]);
    assert_eq!(long, Err(BadHistogram::Runs { needed: u64::from(u32::MAX), given: 1 }));
    assert_eq!(Buckets::from_deltas(&[span(0, 1), span(-1, 1)], &[1, 1]), Err(BadHistogram::Overlap));
    assert_eq!(Buckets::from_deltas(&[span(i32::MAX, 2)], &[1, 1]), Err(BadHistogram::Index));
    assert_eq!(Buckets::from_deltas(&[span(0, 2)], &[i64::MAX, 1]).unwrap().0.len(), 2);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    assert_eq!(Layout::exponential(9), Err(BadHistogram::Schema(9)));
    assert_eq!(native(1, 0.1, 2.0, &[(1, 1.0)], &[]).check(), Ok(()));
    assert_eq!(native(1, 0.1, 2.0, &[(1, -1.0)], &[]).check(), Err(BadHistogram::NegativeCount(-1.0)));
    assert!(native(1, f64::NAN, 2.0, &[], &[]).check().is_err());
    assert_eq!(custom(&[1.0, 2.0], &[(2, 1.0)]).check(), Ok(()));
    let beyond = custom(&[1.0, 2.0], &[(3, 1.0)]).check();
    assert_eq!(beyond, Err(BadHistogram::BeyondBounds { index: 3, bounds: 2 }));
    assert_eq!(custom(&[2.0, 2.0], &[]).check(), Err(BadHistogram::Bounds));
    assert_eq!(custom(&[f64::NAN], &[]).check(), Err(BadHistogram::Bounds));
    let mut off = native(0, 0.0, 1.0, &[(1, 1.0)], &[]);
    assert_eq!(off.check_count(), Ok(()));
    off.count = 3.0;
    assert!(off.check_count().is_err());
    off.sum = f64::NAN;
    assert_eq!(off.check_count(), Ok(()), "one was NaN");
}

#[test]
fn sums_take_the_coarser_schema() {
    let fine = native(1, 0.0, 0.0, &[(1, 1.0), (2, 2.0), (3, 4.0)], &[(0, 1.0)]);
    let coarse = native(0, 0.0, 0.0, &[(1, 10.0), (5, 1.0)], &[(0, 2.0)]);
    let expected = native(0, 0.0, 0.0, &[(1, 13.0), (2, 4.0), (5, 1.0)], &[(0, 3.0)]);
    assert_eq!(sum(&fine, &coarse), expected);
    assert_eq!(sum(&coarse, &fine), expected);
    let mut back = expected.clone();
    back.sub(&fine).unwrap();
    assert_eq!(back, coarse);
    back.sub(&coarse).unwrap();
    assert!(back.positive.is_empty() && back.negative.is_empty(), "what is empty is gone");
}

#[test]
fn sums_take_the_wider_zero_bucket() {
    let narrow = native(0, 0.5, 1.0, &[(0, 2.0), (1, 4.0)], &[(0, 8.0)]);
    let wide = native(0, 1.0, 100.0, &[(1, 1.0)], &[]);
    let expected = native(0, 1.0, 111.0, &[(1, 5.0)], &[]);
    assert_eq!(sum(&narrow, &wide), expected);
    assert_eq!(sum(&wide, &narrow), expected);
    // A threshold within a populated bucket takes all of it.
    let cutting = native(0, 1.5, 1.0, &[], &[]);
    assert_eq!(sum(&cutting, &narrow), native(0, 2.0, 16.0, &[], &[]));
    // Which may cut one on the other side, and so on.
    let sided = native(0, 0.25, 1.0, &[(0, 1.0), (2, 1.0)], &[(1, 1.0)]);
    assert_eq!(sum(&native(0, 1.5, 0.0, &[], &[]), &sided), native(0, 2.0, 3.0, &[(2, 1.0)], &[]));
}

#[test]
fn custom_bounds_must_be_the_same() {
    let one = custom(&[1.0, 5.0], &[(0, 1.0), (2, 2.0)]);
    assert_eq!(sum(&one, &one), custom(&[1.0, 5.0], &[(0, 2.0), (2, 4.0)]));
    let mut target = one.clone();
    assert_eq!(target.add(&custom(&[1.0], &[])), Err(Mismatch::Bounds));
    assert_eq!(target.sub(&native(0, 0.0, 0.0, &[], &[])), Err(Mismatch::Layouts));
    assert_eq!(target, one, "an error changes nothing");
}

#[test]
fn what_is_known_of_a_reset_survives_where_both_agree() {
    use Reset::{Gauge, NotReset, Reset as Was, Unknown};
    for (a, b, expected) in [
        (Unknown, Unknown, Unknown),
        (Was, NotReset, Unknown),
        (NotReset, NotReset, NotReset),
        (Gauge, Was, Gauge),
        (Unknown, Gauge, Gauge),
        (NotReset, Unknown, Unknown),
    ] {
        let [a, b] = [a, b].map(|reset| Histogram { reset, ..native(0, 0.0, 1.0, &[], &[]) });
        assert_eq!(sum(&a, &b).reset, expected);
    }
}

#[test]
fn numbers_scale_all_of_it() {
    let mut histogram = native(0, 0.5, 1.0, &[(1, 2.0)], &[(1, 4.0)]);
    histogram.sum = 3.0;
    histogram.mul(-2.0);
    assert_eq!(histogram.to_string(), "{count:-14, sum:-6, [-2,-1):-8, [-0.5,0.5]:-2, (1,2]:-4}");
    histogram.div(-4.0);
    assert_eq!((histogram.count, histogram.positive.0[0].1), (3.5, 1.0));
    histogram.div(0.0);
    assert_eq!(histogram.to_string(), "{count:+Inf, sum:+Inf, [-0.5,0.5]:+Inf}");
    let mut gone = native(0, 0.5, 1.0, &[(1, 2.0)], &[]);
    gone.mul(0.0);
    assert!(gone.positive.is_empty());
}

#[test]
fn resets_are_seen() {
    let before = native(1, 0.5, 3.0, &[(1, 1.0), (4, 2.0)], &[(2, 1.0)]);
    assert!(!before.detect_reset(&before));
    assert!(!sum(&before, &before).detect_reset(&before));
    assert!(before.detect_reset(&sum(&before, &before)));
    let gone = native(1, 0.5, 9.0, &[(1, 1.0)], &[(2, 1.0)]);
    assert!(gone.detect_reset(&before), "a bucket is gone");
    let mut coarser = before.clone();
    coarser.reduce(0);
    assert!(!coarser.detect_reset(&before));
    assert!(before.detect_reset(&coarser), "the resolution grew");
    let wider = native(1, 1.0, 3.0, &[(1, 1.0), (4, 2.0)], &[(2, 1.0)]);
    assert!(!wider.detect_reset(&before));
    assert!(before.detect_reset(&wider), "the zero bucket shrank");
    assert!(custom(&[1.0], &[(0, 99.0)]).detect_reset(&before));
    assert!(Histogram { reset: Reset::Reset, ..sum(&before, &before) }.detect_reset(&before));
    assert!(!Histogram { reset: Reset::NotReset, ..gone }.detect_reset(&before));
}

#[test]
fn the_same_data_is_the_same() {
    let one = native(1, 0.5, 3.0, &[(1, 1.0)], &[]);
    assert!(one.same(&Histogram { reset: Reset::Gauge, ..one.clone() }));
    assert!(!one.same(&Histogram { sum: -0.0, ..one.clone() }));
    let nan = Histogram { sum: f64::NAN, ..one.clone() };
    assert!(nan.same(&nan.clone()) && !nan.same(&one));
}

#[test]
fn quantiles_are_interpolated_on_the_scale_of_the_bounds() {
    let positive = native(0, 0.0, 0.0, &[(1, 2.0), (2, 2.0)], &[]);
    for (q, expected) in [(0.25, 2.0_f64.sqrt()), (0.5, 2.0), (0.75, 8.0_f64.sqrt()), (1.0, 4.0), (0.0, 1.0)]
    {
        assert!(near(positive.quantile(q).0, expected), "{q}: {}", positive.quantile(q).0);
    }
    let negative = native(0, 0.0, 0.0, &[], &[(1, 2.0), (2, 2.0)]);
    for (q, expected) in [(0.25, -(8.0_f64.sqrt())), (0.75, -(2.0_f64.sqrt()))] {
        assert!(near(negative.quantile(q).0, expected), "{q}: {}", negative.quantile(q).0);
    }
    let linear = custom(&[0.0, 10.0, 20.0], &[(1, 4.0), (3, 4.0)]);
    assert_eq!((linear.quantile(0.25).0, linear.quantile(0.9).0), (5.0, 20.0));
    let around = native(0, 1.0, 4.0, &[(1, 4.0)], &[]);
    assert_eq!(around.quantile(0.25).0, 0.5, "nothing is below zero");
    assert_eq!(around.quantile(-1.0).0, f64::NEG_INFINITY);
    assert_eq!(around.quantile(2.0).0, f64::INFINITY);
    assert!(around.quantile(f64::NAN).0.is_nan() && native(0, 0.0, 0.0, &[], &[]).quantile(0.5).0.is_nan());
}

#[test]
fn fractions_turn_quantiles_around() {
    let histogram = native(1, 0.25, 3.0, &[(1, 2.0), (4, 5.0)], &[(2, 1.0), (3, 4.0)]);
    for q in [0.1, 0.3, 0.5, 0.8, 0.95] {
        let value = histogram.quantile(q).0;
        let back = histogram.fraction(f64::NEG_INFINITY, value).0;
        assert!((back - q).abs() < 1e-12, "{q} is {value} is {back}");
    }
    assert_eq!(histogram.fraction(f64::NEG_INFINITY, f64::INFINITY), (1.0, None));
    assert_eq!(histogram.fraction(2.0, 1.0), (0.0, None));
    assert!(histogram.fraction(f64::NAN, 1.0).0.is_nan());
}

#[test]
fn observations_of_nan_are_told() {
    let mut histogram = native(0, 0.0, 0.0, &[(1, 4.0)], &[]);
    (histogram.count, histogram.sum) = (8.0, f64::NAN);
    let (value, skew) = histogram.quantile(0.9);
    assert!(value.is_nan() && skew == Some(Skew::Lost));
    assert_eq!(histogram.quantile(0.25).1, Some(Skew::Skewed));
    assert_eq!(histogram.fraction(f64::NEG_INFINITY, f64::INFINITY), (0.5, Some(Skew::Skewed)));
}

#[test]
fn a_variance_is_that_of_the_middles() {
    let mut histogram = custom(&[0.0, 2.0, 4.0], &[(1, 1.0), (2, 1.0)]);
    histogram.sum = 4.0;
    assert_eq!((histogram.variance(), histogram.deviation()), (1.0, 1.0));
}

#[test]
fn a_histogram_is_written_as_scripts_write_it() {
    let mut histogram = native(1, 0.001, 2.0, &[(-1, 1.0), (2, 3.5)], &[(0, 1.0)]);
    histogram.sum = 1_234_567.0;
    histogram.reset = Reset::Gauge;
    let text = "{{schema:1 count:7.5 sum:1.234567e+06 z_bucket:2 z_bucket_w:0.001 counter_reset_hint:gauge \
                offset:-1 buckets:[1 0 0 3.5] n_buckets:[1]}}";
    assert_eq!(histogram.notation(), text);
    let text = "{{schema:-53 count:1 custom_values:[0.00005 1] buckets:[1]}}".replace("0.00005", "5e-05");
    assert_eq!(custom(&[0.00005, 1.0], &[(0, 1.0)]).notation(), text);
    let wide = native(8, 0.0, 0.0, &[(i32::MIN, 1.0), (i32::MAX, 1.0)], &[]);
    assert!(wide.notation().len() < 200);
    assert!(wide.to_string().contains("(+Inf,+Inf]:1"));
}

#[test]
fn classic_series_become_one_histogram() {
    let mut classic = Classic::default();
    classic.bucket(5.0, 7.0).unwrap();
    classic.bucket(1.0, 3.0).unwrap();
    classic.bucket(2.0, 3.0).unwrap();
    classic.bucket(1.0, 99.0).unwrap();
    classic.sum(12.5);
    let open = classic.clone().convert().unwrap();
    assert_eq!(open.to_string(), "{count:7, sum:12.5, [-Inf,1]:3, (2,5]:4}");
    classic.count(9.0).unwrap();
    let counted = classic.clone().convert().unwrap();
    assert_eq!(counted.to_string(), "{count:9, sum:12.5, [-Inf,1]:3, (2,5]:4, (5,+Inf]:2}");
    assert_eq!(counted.check(), Ok(()));
    assert!(classic.bucket(1.5, 4.0).is_err() && classic.bucket(9.0, 1.0).is_err());
    classic.bucket(f64::INFINITY, 8.0).unwrap();
    assert_eq!(classic.convert(), Err(BadClassic::CountOff { count: 9.0, bucket: 8.0 }));
    assert_eq!(Classic::default().convert().unwrap().to_string(), "{count:0, sum:0}");
}

/// Whatever the numbers are, the arithmetic ends, and its results have ascending, populated buckets.
#[test]
fn any_histograms_can_be_calculated_with() {
    fn any(u: &mut arbtest::arbitrary::Unstructured) -> arbtest::arbitrary::Result<Histogram> {
        let mut side = || -> arbtest::arbitrary::Result<Buckets> {
            let mut buckets: Vec<(i32, f64)> = u.arbitrary()?;
            buckets.sort_by_key(|(index, _)| *index);
            buckets.dedup_by_key(|(index, _)| *index);
            buckets.retain(|(_, count)| *count != 0.0);
            Ok(Buckets(buckets))
        };
        let (positive, negative) = (side()?, side()?);
        Ok(Histogram {
            reset: Reset::Unknown,
            layout: Layout::Exponential(u.int_in_range(-4..=8)?),
            zero_threshold: u.arbitrary()?,
            zero_count: u.arbitrary()?,
            count: u.arbitrary()?,
            sum: u.arbitrary()?,
            positive,
            negative,
        })
    }
    arbtest::arbtest(|u| {
        let (a, b) = (any(u)?, any(u)?);
        let mut difference = sum(&a, &b);
        difference.sub(&b).unwrap();
        for buckets in [&difference.positive, &difference.negative] {
            assert!(buckets.0.windows(2).all(|pair| pair[0].0 < pair[1].0));
            assert!(buckets.0.iter().all(|(_, count)| *count != 0.0));
        }
        let _ = (a.detect_reset(&b), a.quantile(u.arbitrary()?), a.variance(), a.to_string(), a.notation());
        let _ = a.fraction(u.arbitrary()?, u.arbitrary()?);
        let _ = a.check().and_then(|()| a.check_count());
        Ok(())
    });
}
