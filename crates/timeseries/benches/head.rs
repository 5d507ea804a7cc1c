//! What a head does all day: samples by handle, the way from labels to a handle, and finding and reading the series
//! of a large metric.

use andon_timeseries::{Found, Head, Limits, MatchOp, Matcher, Sample, Select, SeriesRef, Wanted};
use andon_vocabulary::{Labels, Timestamp};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

const SERIES: usize = 10_000;
const STEP_MS: i64 = 15_000;

fn main() {
    divan::main();
}

fn limits() -> Limits {
    Limits { series_max: usize::MAX, samples_per_series_max: usize::MAX, ..Limits::default() }
}

/// Seven labels of about 150 bytes, as a service mesh has them.
fn labels(n: usize) -> Labels {
    Labels::new([
        ("__name__", "http_server_requests_seconds_count".to_owned()),
        ("instance", format!("10.{}.{}.17:8080", n / 256 % 256, n % 256)),
        ("job", format!("checkout-{}", n % 40)),
        ("method", "POST".to_owned()),
        ("pod", format!("checkout-6d9f7c5b8-{n:06x}")),
        ("status", format!("{}", 200 + n % 5)),
        ("uri", format!("/api/v1/orders/{}/items", n % 20)),
    ])
}

fn sample(series: usize, turn: i64) -> Sample {
    let value = if series.is_multiple_of(2) { turn * 37 + turn % 5 } else { turn / 16 } as f64;
    Sample { at: Timestamp::from_ms(turn * STEP_MS), value }
}

fn filled(turns: i64) -> (Head, Vec<SeriesRef>) {
    let mut head = Head::new(limits());
    let series: Vec<SeriesRef> = (0..SERIES).map(|n| head.series(&labels(n)).unwrap()).collect();
    for turn in 0..turns {
        for (n, series) in series.iter().enumerate() {
            head.append_ref(*series, sample(n, turn)).unwrap();
        }
    }
    (head, series)
}

#[divan::bench(sample_count = 300)]
fn append_by_handle(bencher: Bencher<'_, '_>) {
    let (mut head, series) = filled(10);
    let mut turn = 10;
    bencher.counter(ItemsCount::new(SERIES)).bench_local(|| {
        for (n, series) in series.iter().enumerate() {
            head.append_ref(*series, sample(n, turn)).unwrap();
        }
        turn += 1;
    });
}

#[divan::bench]
fn look_up_by_labels(bencher: Bencher<'_, '_>) {
    let (mut head, _) = filled(1);
    let all: Vec<Labels> = (0..SERIES).map(labels).collect();
    bencher.counter(ItemsCount::new(SERIES)).bench_local(|| {
        for labels in &all {
            black_box(head.series(labels).unwrap());
        }
    });
}

#[divan::bench]
fn make_series(bencher: Bencher<'_, '_>) {
    let all: Vec<Labels> = (0..SERIES).map(labels).collect();
    bencher.counter(ItemsCount::new(SERIES)).bench_local(|| {
        let mut head = Head::new(limits());
        for labels in &all {
            black_box(head.series(labels).unwrap());
        }
        head
    });
}

fn find(bencher: Bencher<'_, '_>, matchers: &[Matcher]) {
    let (head, _) = filled(500);
    let (from, to) = (Timestamp::from_ms(479 * STEP_MS), Timestamp::from_ms(499 * STEP_MS));
    let found = head.take(Wanted::any(matchers, from, to)).series().len();
    bencher
        .counter(ItemsCount::new(found))
        .bench_local(|| black_box(head.take(Wanted::any(matchers, from, to)).series().len()));
}

#[divan::bench]
fn take_five_minutes_of_all(bencher: Bencher<'_, '_>) {
    find(bencher, &[Matcher::metric("http_server_requests_seconds_count")]);
}

#[divan::bench]
fn take_five_minutes_of_a_quarter(bencher: Bencher<'_, '_>) {
    let jobs = Matcher::new(MatchOp::Regex, "job", "checkout-.").unwrap();
    find(bencher, &[Matcher::metric("http_server_requests_seconds_count"), jobs]);
}

#[divan::bench]
fn take_five_minutes_by_pods(bencher: Bencher<'_, '_>) {
    let pods = Matcher::new(MatchOp::Regex, "pod", ".*-0000[0-9a-f]{2}").unwrap();
    find(bencher, &[pods]);
}

#[divan::bench(args = [20, 240, 480])]
fn select_and_read(bencher: Bencher<'_, '_>, turns: i64) {
    let (head, _) = filled(500);
    let metric = [Matcher::metric("http_server_requests_seconds_count")];
    let (from, to) = (Timestamp::from_ms((499 - turns) * STEP_MS), Timestamp::from_ms(499 * STEP_MS));
    bencher.counter(ItemsCount::new(SERIES * turns as usize)).bench_local(|| {
        let found = head.find(Wanted::any(&metric, from, to)).unwrap();
        let read = found.read(&|_, stretch| {
            black_box(stretch);
            std::ops::ControlFlow::Continue(())
        });
        read.unwrap();
    });
}
