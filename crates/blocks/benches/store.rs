//! What a store takes: 10,000 series, a thousand samples each at 15 s, a mix of counters, gauges and constants; then a
//! day of them, and how soon they are there again after a restart.
//!
//! Prints figures rather than a distribution: each is one long run.

use std::path::Path;
use std::time::{Duration, Instant};

use andon_blocks::{Fsync, Settings, Store};
use andon_timeseries::{Limits, Sample, Select, SeriesRef, Wanted};
use andon_vocabulary::{Labels, Timestamp};

const SERIES: u64 = 10_000;
const STEP_MS: i64 = 15_000;
/// A round time, so that blocks begin where it does.
const START_MS: i64 = 1_700_006_400_000;

fn main() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    run(dir.path(), 1_000, true);
    let dir = tempfile::tempdir().expect("a temporary directory");
    run(dir.path(), 5_760, false);
}

fn settings() -> Settings {
    let limits = Limits { samples_per_series_max: usize::MAX, ..Limits::default() };
    Settings { limits, fsync: Fsync::Every(Duration::from_secs(1)), ..Settings::default() }
}

fn run(dir: &Path, steps: i64, flushes: bool) {
    println!("{SERIES} series × {steps} samples");
    let store = Store::open(dir, settings()).expect("it opens");
    let mut series: Vec<Made> = (0..SERIES).map(Made::new).collect();
    let began = Instant::now();
    for step in 1..=steps {
        let at = Timestamp::from_ms(START_MS + step * STEP_MS);
        store.write(|appender| {
            for made in &mut series {
                let handle = match made.handle {
                    Some(handle) => handle,
                    None => *made.handle.insert(appender.series(&made.labels).expect("there is room")),
                };
                let sample = Sample { at, value: made.next(step) };
                appender.append_ref(handle, sample).expect("it is taken");
            }
        });
        if step % 20 == 0 {
            store.keep(at);
        }
    }
    store.sync().expect("there is room on the disk");
    let samples = SERIES as f64 * steps as f64;
    let took = began.elapsed().as_secs_f64();
    println!("  taken, logged and cut: {took:.2} s, {:.2} M samples/s", samples / took / 1e6);
    println!("  peak resident: {:.0} MiB", peak_mib());
    let query = Instant::now();
    let from = Timestamp::from_ms(START_MS + (steps - 240) * STEP_MS);
    let hour = store.find(Wanted::any(&[], from, Timestamp::MAX)).expect("it answers");
    hour.read(&|_, stretch| {
        std::hint::black_box(stretch.len());
        std::ops::ControlFlow::Continue(())
    })
    .expect("it reads");
    println!("  the last hour of all, read: {:.1} ms", query.elapsed().as_secs_f64() * 1e3);
    drop(hour);
    if flushes {
        store.flush().expect("there is room on the disk");
        store.compact_all().expect("there is room on the disk");
        let bytes: u64 =
            andon_blocks::list(dir).expect("it can be read").iter().map(|block| block.bytes).sum();
        println!("  on the disk, index included: {:.3} bytes a sample", bytes as f64 / samples);
        println!("  peak resident: {:.0} MiB", peak_mib());
    }
    drop(store);
    let restart = Instant::now();
    let store = Store::open(dir, settings()).expect("it opens");
    println!("  opened again: {:.0} ms, {:?}", restart.elapsed().as_secs_f64() * 1e3, store.status().head);
}

struct Made {
    labels: Labels,
    handle: Option<SeriesRef>,
    kind: u64,
    value: f64,
    random: u64,
}

impl Made {
    fn new(n: u64) -> Made {
        let labels = Labels::new([
            ("__name__", format!("metric_{}_total", n % 100)),
            ("instance", format!("10.0.{}.{}:9100", n / 2560, n / 10 % 256)),
            ("job", format!("job-{}", n % 10)),
            ("zone", format!("zone-{}", n % 3)),
        ]);
        Made { labels, handle: None, kind: n % 10, value: (n * 1000) as f64, random: n + 1 }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % sides
    }

    /// Five counters, three gauges with two decimals, two constants.
    fn next(&mut self, _step: i64) -> f64 {
        match self.kind {
            0..5 => self.value += self.roll(20) as f64,
            5..8 => self.value = ((self.value * 100.0).round() + self.roll(21) as f64 - 10.0) / 100.0,
            _ => {}
        }
        self.value
    }
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    peak.unwrap_or(0.0_f64) / 1024.0
}
