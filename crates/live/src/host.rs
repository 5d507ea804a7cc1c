//! This machine and the processes that Andon supervises on it, as samples every five seconds.

mod machine;
mod process;

use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::Name;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::clock::Clock;
use crate::source::Source;
use crate::store::SharedStore;

const EVERY: Duration = Duration::from_secs(5);

/// A process that belongs to an instance of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervised {
    pub service: Name,
    pub instance: Name,
    pub pid: u32,
}

/// Never ends; drop it to stop. `supervised` is read anew each time.
pub async fn sample(store: SharedStore, clock: Arc<Clock>, supervised: watch::Receiver<Vec<Supervised>>) {
    let machine = Arc::new(machine::Machine::this());
    let mut source = Source::default();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let processes = supervised.borrow().clone();
        let machine = machine.clone();
        // Asking a file system for its size can hang for as long as the file system does.
        let read = tokio::task::spawn_blocking(move || {
            let mut samples = machine.read();
            samples.extend(process::read(std::process::id(), "andon", "andon"));
            for it in processes {
                samples.extend(process::read(it.pid, &it.service, &it.instance));
            }
            samples
        });
        match read.await {
            Ok(samples) => source.write(&store, clock.now(), samples),
            Err(error) => tracing::warn!(%error, "this machine could not be measured"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use andon_vocabulary::Timestamp;

    #[tokio::test]
    async fn the_machine_and_its_processes_become_series() {
        let store = SharedStore::new(Store::default());
        let clock = Arc::new(Clock::starting_at(Timestamp::EPOCH));
        let me =
            Supervised { service: "checkout".into(), instance: "checkout-1".into(), pid: std::process::id() };
        let (_keep, supervised) = watch::channel(vec![me]);
        let sampling = tokio::spawn(sample(store.clone(), clock, supervised));
        store.news().await;
        sampling.abort();
        let names = store.metric_names();
        for name in [
            "node_cpu_seconds_total",
            "node_memory_MemAvailable_bytes",
            "node_load1",
            "node_network_receive_bytes_total",
            "node_filesystem_avail_bytes",
            "andon_process_cpu_seconds_total",
            "andon_process_resident_memory_bytes",
            "andon_process_threads",
            "andon_process_open_fds",
        ] {
            assert!(names.contains(name), "{name} is missing among {names:?}");
        }
        assert!(store.label_values("instance").contains("checkout-1"));
    }
}
