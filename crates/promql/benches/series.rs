//! A sum of rates over ten thousand series: once, and for each minute of an hour. Samples are in memory already, so this
//! is what evaluation costs beside decoding.

use std::time::Duration;

use andon_promql::{Expr, Options, instant, parse, range};
use andon_timeseries::{Each, Found, Sample, Select, SelectError, Stretch, Wanted};
use andon_vocabulary::{Labels, Timestamp};

const QUERY: &str = "sum by (job) (rate(x[5m]))";

const SERIES: usize = 10_000;

/// Every 15 seconds, a little more than an hour.
const SAMPLES: i64 = 270;

fn main() {
    divan::main();
}

/// Every series has the same samples: where they lie in memory is no matter of evaluation.
struct Memory {
    labels: Vec<Labels>,
    samples: Vec<Sample>,
}

struct InMemory<'a> {
    labels: &'a [Labels],
    stretch: Stretch<'a>,
}

impl Select for Memory {
    fn find<'a>(&'a self, wanted: Wanted<'_>) -> Result<Box<dyn Found + 'a>, SelectError> {
        let from = self.samples.partition_point(|sample| sample.at <= wanted.from);
        let to = self.samples.partition_point(|sample| sample.at <= wanted.to);
        let stretch = Stretch { samples: &self.samples[from..to], histograms: &[] };
        Ok(Box::new(InMemory { labels: &self.labels, stretch }))
    }
}

impl Found for InMemory<'_> {
    fn series(&self) -> &[Labels] {
        self.labels
    }

    fn into_series(self: Box<Self>) -> Vec<Labels> {
        self.labels.to_vec()
    }

    fn read(&self, each: &Each<'_>) -> Result<(), SelectError> {
        let mut places = 0..self.labels.len();
        let _ = places.try_for_each(|place| each(place, self.stretch));
        Ok(())
    }
}

/// Counters of 10 jobs that began anew once.
fn memory() -> Memory {
    let labels = |n: usize| {
        Labels::new([
            ("__name__", "x".to_owned()),
            ("instance", format!("10.0.{}.{}:8080", n / 250, n % 250)),
            ("job", format!("job-{}", n % 10)),
            ("path", format!("/api/v1/{}", n % 7)),
        ])
    };
    let mut labels: Vec<Labels> = (0..SERIES).map(labels).collect();
    labels.sort();
    let value = |i: i64| (if i > 200 { i - 200 } else { i } * 7) as f64;
    let sample = |i: i64| Sample { at: Timestamp::from_ms(i * 15_000 - i % 7), value: value(i) };
    Memory { labels, samples: (1..=SAMPLES).map(sample).collect() }
}

fn query() -> Expr {
    parse(QUERY).expect("the query is valid")
}

const END: Timestamp = Timestamp::from_ms(SAMPLES * 15_000);

#[divan::bench]
fn at_one_time(bencher: divan::Bencher) {
    let (memory, query) = (memory(), query());
    bencher.bench(|| instant(&query, &memory, END, &Options::default()));
}

#[divan::bench]
fn each_minute_of_an_hour(bencher: divan::Bencher) {
    let (memory, query) = (memory(), query());
    let start = Timestamp::from_ms(END.as_ms() - 3_600_000);
    bencher.bench(|| range(&query, &memory, start, END, Duration::from_secs(60), &Options::default()));
}
