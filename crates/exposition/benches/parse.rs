//! How many rows a second a body is read at: every label, or with a cache that knows every series.

use andon_exposition::{Entry, Format, Limits, SeriesCache, parse};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

const ROWS: usize = 10_000;

fn main() {
    divan::main();
}

/// A page as exporters write it: families of ten series with five labels; counters, sizes, durations.
fn page(format: Format) -> Vec<u8> {
    let mut body = String::new();
    for row in 0..ROWS {
        let (family, member) = (row / 10, row % 10);
        if member == 0 {
            body += &format!("# HELP app_requests_{family}_total Requests so far.\n");
            body += &format!("# TYPE app_requests_{family}_total counter\n");
        }
        let value = match member % 3 {
            0 => (row * 7919).to_string(),
            1 => format!("{:.6}", row as f64 / 977.0),
            _ => format!("{}.5e+06", member),
        };
        body += &format!(
            "app_requests_{family}_total{{method=\"GET\",path=\"/api/v1/orders/{member}\",code=\"200\",\
             zone=\"eu-west-{member}\",instance=\"10.0.0.{member}:8080\"}} {value}\n"
        );
    }
    if format == Format::OpenMetrics {
        body += "# EOF\n";
    }
    body.into_bytes()
}

const FORMATS: [Format; 2] = [Format::Prometheus, Format::OpenMetrics];

#[divan::bench(args = FORMATS)]
fn every_series_is_known(bencher: Bencher, format: Format) {
    let body = page(format);
    let mut cache = SeriesCache::new(42);
    cache.begin();
    for entry in parse(&body, format, Limits::default()) {
        if let Entry::Sample(row) = entry.unwrap() {
            cache.insert(row.series, 1u64);
        }
    }
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::new(body.len())).bench_local(|| {
        cache.begin();
        let mut sum = 0.0;
        for entry in parse(black_box(&body), format, Limits::default()) {
            if let Entry::Sample(row) = entry.unwrap() {
                sum += row.value * *cache.get(row.series).unwrap() as f64;
            }
        }
        assert!(cache.end().is_empty());
        sum
    });
}

#[divan::bench(args = FORMATS)]
fn every_label_is_read(bencher: Bencher, format: Format) {
    let body = page(format);
    let limits = Limits::default();
    bencher.counter(ItemsCount::new(ROWS)).counter(BytesCount::new(body.len())).bench_local(|| {
        for entry in parse(black_box(&body), format, limits) {
            if let Entry::Sample(row) = entry.unwrap() {
                black_box(row.labels(&limits).unwrap());
            }
        }
    });
}
