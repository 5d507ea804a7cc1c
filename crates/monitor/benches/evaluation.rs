//! What evaluating a rule costs: by itself, and for each sample that it reads. The schedule rests on these numbers.

use std::time::Duration;

use andon_definitions::SourceFile;
use andon_monitor::{AlertRule, Ask, Freshness, Reads, Rule, evaluate};
use andon_timeseries::{Head, Sample};
use andon_vocabulary::{Labels, Timestamp};

const EVERY: Duration = Duration::from_secs(15);

fn main() {
    divan::main();
}

/// So many series of `m`, each with five minutes of samples, among ten thousand others.
struct World {
    head: Head,
    now: Timestamp,
    rule: AlertRule,
}

impl World {
    fn new(series: usize, expr: &str) -> World {
        let mut head = Head::default();
        let mut now = Timestamp::EPOCH;
        for _ in 0..20 {
            now = now + EVERY;
            for n in 0..series {
                append(&mut head, "m", n, now);
            }
            for n in 0..10_000 {
                append(&mut head, "other", n, now);
            }
        }
        let text = format!("groups: [ {{ name: g, rules: [ {{ alert: A, expr: '{expr}' }} ] }} ]\n");
        let (catalog, _) = andon_definitions::load(&[SourceFile { path: "r.yml".to_owned(), text }]);
        let Some((_, Rule::Alert(rule))) = Rule::all(&catalog).pop() else { panic!("an alerting rule") };
        World { head, now, rule }
    }

    /// How many samples it looked at.
    fn evaluate(&self) -> usize {
        let ask = Ask::new(Reads::Samples(&self.head));
        let freshness = Freshness { warm: true, silent: &[] };
        let verdict = evaluate(&self.rule, &[], &ask, self.now, &freshness).expect("samples are at hand");
        assert!(verdict.active.is_empty() && verdict.error.is_none(), "{verdict:?}");
        ask.looked_at()
    }
}

fn append(head: &mut Head, name: &str, n: usize, at: Timestamp) {
    let instance = format!("i{n}");
    let labels = Labels::new([("__name__", name), ("service", "a"), ("instance", &instance)]);
    head.append(&labels, Sample { at, value: (at.as_ms() as f64).sin() }).expect("in order");
}

/// One sample of each of so many series: one series is what an evaluation costs by itself.
#[divan::bench(args = [1, 100, 10_000])]
fn newest(bencher: divan::Bencher, series: usize) {
    let world = World::new(series, r#"m{service="a"} > 2"#);
    bencher.counter(divan::counter::ItemsCount::new(world.evaluate())).bench_local(|| world.evaluate());
}

/// Twenty samples of each.
#[divan::bench(args = [1, 100, 10_000])]
fn rate(bencher: divan::Bencher, series: usize) {
    let world = World::new(series, r#"sum(rate(m{service="a"}[5m])) > 1e9"#);
    bencher.counter(divan::counter::ItemsCount::new(world.evaluate())).bench_local(|| world.evaluate());
}
