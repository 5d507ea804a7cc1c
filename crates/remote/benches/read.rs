//! How many samples a second a request is read at: 2,000 series with ten labels and a sample each, as Prometheus sends
//! them. `unpack` is the share of snappy.

use std::hint::black_box;

use andon_remote::{Batch, Head, Item, Limits, Packing, Room, Version, read};
use andon_timeseries::Sample;
use andon_vocabulary::{Labels, Timestamp};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

const SERIES: usize = 2_000;

fn main() {
    divan::main();
}

fn request(version: Version) -> Vec<u8> {
    let mut batch = Batch::default();
    for series in 0..SERIES {
        let (family, member) = (series / 10, series % 10);
        let labels = [
            ("__name__", format!("app_requests_{family}_total")),
            ("cluster", "eu-west-1".to_owned()),
            ("code", "200".to_owned()),
            ("env", "production".to_owned()),
            ("instance", format!("10.0.0.{member}:8080")),
            ("job", "checkout".to_owned()),
            ("method", "GET".to_owned()),
            ("namespace", "shop".to_owned()),
            ("path", format!("/api/v1/orders/{member}")),
            ("pod", format!("checkout-7d9f8b6c5d-{member}")),
        ];
        let at = Timestamp::from_ms(1_700_000_000_000);
        batch.sample(&Labels::new(labels), Sample { at, value: series as f64 * 1.5 });
    }
    batch.packed(version).expect("it is small").body
}

const VERSIONS: [Version; 2] = [Version::V1, Version::V2];

fn head(version: Version) -> Head {
    Head { version, packing: Packing::Snappy }
}

#[divan::bench(args = VERSIONS)]
fn unpack(bencher: Bencher, version: Version) {
    let body = request(version);
    bencher
        .counter(ItemsCount::new(SERIES))
        .counter(BytesCount::new(body.len()))
        .bench_local(|| head(version).unpack(black_box(&body), &Limits::default()).unwrap());
}

#[divan::bench(args = VERSIONS)]
fn with_keys(bencher: Bencher, version: Version) {
    let body = head(version).unpack(&request(version), &Limits::default()).unwrap();
    let mut room = Room::default();
    bencher.counter(ItemsCount::new(SERIES)).counter(BytesCount::new(body.len())).bench_local(|| {
        let mut sum = 0.0;
        read(version, black_box(&body), &Limits::default(), &mut room, &mut |item| {
            if let Item::Series(series) = item {
                sum += series.samples[0].value + series.key.map_or(0, <[u8]>::len) as f64;
            }
        })
        .unwrap();
        sum
    });
}

#[divan::bench(args = VERSIONS)]
fn with_labels(bencher: Bencher, version: Version) {
    let body = head(version).unpack(&request(version), &Limits::default()).unwrap();
    let mut room = Room::default();
    bencher.counter(ItemsCount::new(SERIES)).counter(BytesCount::new(body.len())).bench_local(|| {
        read(version, black_box(&body), &Limits::default(), &mut room, &mut |item| {
            if let Item::Series(series) = item {
                black_box(series.labels().unwrap());
            }
        })
        .unwrap();
    });
}
