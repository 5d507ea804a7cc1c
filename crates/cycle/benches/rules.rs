//! What ten thousand rules cost: one round over 10,000 series, as it is due with every scrape.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_cycle::{Observer, Sources, State, Store, turn};
use andon_definitions::SourceFile;
use andon_monitor::{Rule, Silent};
use andon_promql::Number;
use andon_timeseries::{Head, Sample, Select};
use andon_vocabulary::{CatalogTexts, Input, Labels, Timestamp};

const SERIES: usize = 10_000;
const EVERY: Duration = Duration::from_secs(15);

fn main() {
    divan::main();
}

struct Kept(Head);

impl Store for Kept {
    fn select(&self) -> &dyn Select {
        &self.0
    }

    fn record(&mut self, at: Timestamp, samples: Vec<(Labels, Number)>) {
        for (labels, number) in samples {
            let value = number.float().expect("no rule here gives a histogram");
            let _ = self.0.append(&labels, Sample { at, value });
        }
    }
}

struct Trusted;

impl Sources for Trusted {
    fn is_warm(&self, _: &Rule) -> bool {
        true
    }

    fn silent(&self) -> &[Silent] {
        &[]
    }
}

struct World {
    state: State,
    observer: Observer,
    kept: Kept,
    now: Timestamp,
}

/// 100 services of 100 series, ten metrics each; rules about one service each, a third with a rate, a tenth recording.
impl World {
    fn new(rules: usize) -> World {
        let mut text = "groups:\n- name: g\n  interval: 15s\n  rules:\n".to_owned();
        for n in 0..rules {
            let (service, metric) = (n % 100, n / 100 % 10);
            text += &match n % 10 {
                0 => format!(
                    "  - {{ record: 'made:{n}', expr: 'sum by (service) (m{metric}{{service=\"s{service}\"}})' }}\n"
                ),
                1..4 => format!(
                    "  - {{ alert: A{n}, expr: 'rate(m{metric}{{service=\"s{service}\"}}[5m]) > 1e9', for: 1m }}\n"
                ),
                _ => format!(
                    "  - {{ alert: A{n}, expr: 'm{metric}{{service=\"s{service}\"}} > 1e9', for: 1m }}\n"
                ),
            };
        }
        let files = vec![SourceFile { path: "rules.yaml".to_owned(), text }];
        let (catalog, _) = andon_definitions::load(&files);
        let files: BTreeMap<String, String> = files.into_iter().map(|file| (file.path, file.text)).collect();
        let mut state = State::default();
        turn(&mut state, Input::Catalog(CatalogTexts { hash: catalog.hash, files }), Timestamp::EPOCH);
        let observer = Observer::new(&state, Timestamp::EPOCH);
        let mut world = World { state, observer, kept: Kept(Head::default()), now: Timestamp::EPOCH };
        for _ in 0..20 {
            world.scrape();
        }
        world
    }

    fn scrape(&mut self) {
        self.now = self.now + EVERY;
        for n in 0..SERIES {
            let labels = Labels::new([
                ("__name__", format!("m{}", n / 100 % 10)),
                ("service", format!("s{}", n % 100)),
                ("instance", format!("i{}", n / 1000)),
            ]);
            let value = self.now.as_ms() as f64 * (n % 7) as f64;
            self.kept.0.append(&labels, Sample { at: self.now, value }).expect("in order");
        }
    }

    fn observe(&mut self, changed: &BTreeSet<&str>) {
        let inputs = self.observer.observe(&self.state, &mut self.kept, &Trusted, changed, self.now);
        assert!(inputs.is_empty(), "{:?}", inputs.first());
    }
}

/// Every metric has new samples.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 10, sample_size = 1)]
fn round(bencher: divan::Bencher, rules: usize) {
    let mut world = World::new(rules);
    let names: Vec<String> = (0..10).map(|n| format!("m{n}")).collect();
    let changed: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    bencher.bench_local(move || {
        world.now = world.now + EVERY;
        world.observe(&changed);
    });
}

/// Samples have come of a metric that nobody reads.
#[divan::bench(args = [100, 10_000], sample_count = 100, sample_size = 10)]
fn nothing_due(bencher: divan::Bencher, rules: usize) {
    let mut world = World::new(rules);
    let changed = BTreeSet::from(["other"]);
    world.observe(&BTreeSet::from(["m0"]));
    bencher.bench_local(move || world.observe(&changed));
}
