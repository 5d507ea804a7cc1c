//! What a typical alerting rule costs: an error ratio over 300 series scraped each second.

use std::time::Duration;

use andon_promql::{Expr, Options, instant, parse, range};
use andon_timeseries::{Head, Sample};
use andon_vocabulary::{Labels, Timestamp};

const RULE: &str = r#"sum by (service) (rate(http_requests_total{code=~"5.."}[1m]))
    / sum by (service) (rate(http_requests_total[1m])) > 0.05"#;

const SECONDS: i64 = 600;

fn main() {
    divan::main();
}

/// 10 services, 10 instances each, 3 codes each.
fn head() -> Head {
    let mut head = Head::default();
    for n in 0..300_i64 {
        let labels = Labels::new([
            ("__name__", "http_requests_total".to_owned()),
            ("service", format!("service-{}", n % 10)),
            ("instance", format!("10.0.0.{}:8080", n / 10 % 10)),
            ("code", ["200", "404", "500"][(n / 100) as usize].to_owned()),
        ]);
        let series = head.series(&labels).expect("the limits allow 300 series");
        for second in 0..SECONDS {
            let sample =
                Sample { at: Timestamp::from_ms(second * 1000 + n % 7), value: (second * (n + 1)) as f64 };
            head.append_ref(series, sample).expect("samples come in order");
        }
    }
    head
}

fn rule() -> Expr {
    parse(RULE).expect("the rule is valid")
}

#[divan::bench]
fn parsing(bencher: divan::Bencher) {
    bencher.bench(|| parse(divan::black_box(RULE)));
}

#[divan::bench]
fn at_one_time(bencher: divan::Bencher) {
    let (head, rule) = (head(), rule());
    let now = Timestamp::from_ms(SECONDS * 1000);
    bencher.bench(|| instant(&rule, &head, now, &Options::default()));
}

#[divan::bench]
fn every_second_for_five_minutes(bencher: divan::Bencher) {
    let (head, rule) = (head(), rule());
    let (start, end) = (Timestamp::from_ms(300_000), Timestamp::from_ms(600_000));
    bencher.bench(|| range(&rule, &head, start, end, Duration::from_secs(1), &Options::default()));
}
