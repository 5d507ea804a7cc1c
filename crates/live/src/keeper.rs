//! Where the samples are kept, as the definitions say, and the thread that keeps them in order.

use std::io;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use andon_blocks::{Copied, Fsync, OpenError, Retention, Settings, Status};
use andon_definitions::instance::Storage;
use andon_timeseries::{Limits, Tenants};
use andon_vocabulary::Labels;

use crate::clock::Clock;
use crate::source::Source;
use crate::store::{SharedStore, Store, series};

/// How often the store is looked after.
const EVERY: Duration = Duration::from_secs(5);

/// Of the data directory.
const METRICS: &str = "metrics";
const SNAPSHOTS: &str = "snapshots";

/// The store in `metrics` of the data directory. `seed` differs between servers.
pub fn open(data: &Path, storage: &Storage, seed: u64) -> Result<SharedStore, OpenError> {
    Store::open(&data.join(METRICS), settings(storage, seed)).map(SharedStore::new)
}

/// Copies a store that runs into `snapshots` of the data directory, under a name of its own. Blocks are linked.
pub fn snapshot(store: &Store, data: &Path, name: &str, copied: Copied) -> io::Result<()> {
    store.sync().map_err(io::Error::other)?;
    andon_blocks::snapshot(&data.join(METRICS), &data.join(SNAPSHOTS).join(name), copied)
}

fn settings(storage: &Storage, seed: u64) -> Settings {
    let at_most = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    let tenants = storage.tenant_label.as_ref().map(|label| Tenants {
        label: label.as_str().into(),
        series_max: at_most(storage.series_per_tenant_max),
    });
    Settings {
        limits: Limits {
            series_max: at_most(storage.series_max),
            series_per_target_max: at_most(storage.series_per_target_max),
            tenants,
            late_max: storage.out_of_order.into(),
            // What is old goes to blocks, not away.
            samples_per_series_max: usize::MAX,
            seed,
            ..Limits::default()
        },
        fsync: match storage.fsync.0 {
            Duration::ZERO => Fsync::Always,
            every => Fsync::Every(every),
        },
        retention: Retention {
            raw: storage.retention.into(),
            five_minutes: storage.retention_5m.into(),
            hour: storage.retention_1h.into(),
            bytes: storage.retention_bytes,
        },
        ..Settings::default()
    }
}

/// Looks after the store on a thread of its own, until nobody holds the store any more.
pub fn keep(store: &SharedStore, clock: Arc<Clock>) -> io::Result<()> {
    let store = Arc::downgrade(store);
    thread::Builder::new().name("metrics".to_owned()).spawn(move || run(&store, &clock))?;
    Ok(())
}

fn run(store: &Weak<Store>, clock: &Clock) {
    let mut source = Source::default();
    while let Some(store) = store.upgrade() {
        store.keep(clock.now());
        source.write(&store, clock.now(), told(&store.status()));
        drop(store);
        thread::sleep(EVERY);
    }
}

/// The store as series of its own.
fn told(status: &Status) -> Vec<(Labels, f64)> {
    let mut samples = Vec::new();
    let mut tell = |name: &str, pairs: &[(&str, &str)], value: u64| {
        samples.push((series(name, pairs), value as f64));
    };
    tell("andon_metrics_series", &[], status.head.series as u64);
    tell("andon_metrics_head_samples", &[], status.head.samples as u64);
    tell("andon_metrics_samples_appended_total", &[], status.counted.appended);
    tell("andon_metrics_samples_refused_total", &[], status.counted.refused);
    tell("andon_metrics_log_bytes", &[], status.log_bytes);
    for (resolution, (count, bytes)) in &status.blocks {
        tell("andon_metrics_blocks", &[("resolution", resolution.name())], *count as u64);
        tell("andon_metrics_block_bytes", &[("resolution", resolution.name())], *bytes);
    }
    tell("andon_metrics_quarantined", &[], status.quarantined.len() as u64);
    tell("andon_metrics_cuts_total", &[], status.done.cuts);
    tell("andon_metrics_compactions_total", &[], status.done.compactions);
    tell("andon_metrics_upkeep_failures_total", &[], status.done.failures);
    tell("andon_metrics_disk_refuses", &[], u64::from(status.trouble.is_some()));
    samples
}
