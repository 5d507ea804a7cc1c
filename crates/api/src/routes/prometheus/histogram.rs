//! A native histogram: its count, its sum, and each populated bucket with its bounds.

use andon_timeseries::{Bucket, Histogram};

use super::go;

pub fn write(histogram: &Histogram, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"count":"#);
    go::value(histogram.count, out);
    out.extend_from_slice(br#","sum":"#);
    go::value(histogram.sum, out);
    let mut is_first = true;
    for bucket in histogram.buckets().filter(|bucket| bucket.count != 0.0) {
        out.extend_from_slice(if std::mem::take(&mut is_first) { br#","buckets":["# } else { b"," });
        go::push(out, format_args!("[{},", boundaries(&bucket)));
        for (value, after) in [(bucket.lower, b','), (bucket.upper, b','), (bucket.count, b']')] {
            go::value(value, out);
            out.push(after);
        }
    }
    if !is_first {
        out.push(b']');
    }
    out.push(b'}');
}

/// Which bounds belong to the bucket, in Prometheus's numbers.
fn boundaries(bucket: &Bucket) -> u8 {
    match (bucket.lower_inclusive, bucket.upper_inclusive) {
        (false, true) => 0,
        (true, false) => 1,
        (false, false) => 2,
        (true, true) => 3,
    }
}

#[cfg(test)]
mod tests {
    use andon_timeseries::{Buckets, Layout, Reset};

    use super::*;

    #[test]
    fn buckets_have_their_bounds_and_say_which_belong_to_them() {
        let histogram = Histogram {
            reset: Reset::Unknown,
            layout: Layout::Exponential(0),
            zero_threshold: 0.25,
            zero_count: 3.0,
            count: 42.0,
            sum: 34593.34,
            positive: Buckets(vec![(0, 21.0), (2, 6.0)]),
            negative: Buckets(vec![(1, 12.0)]),
        };
        let mut out = Vec::new();
        write(&histogram, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"count":"42","sum":"34593.34","buckets":[[1,"-2","-1","12"],[3,"-0.25","0.25","3"],[0,"0.5","1","21"],[0,"2","4","6"]]}"#
        );
    }
}
