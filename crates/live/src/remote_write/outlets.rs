//! Keeps an outlet for each receiver that the definitions name.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use andon_cycle::State;
use andon_definitions::prometheus::Prometheus;
use reqwest::Client;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::outlet::{Around, Outlet, Wanted};
use crate::caller::Caller;

/// Ends when the loop has.
pub async fn keep(mut view: watch::Receiver<Arc<State>>, around: Around, directory: PathBuf, plain: Client) {
    let mut running: BTreeMap<String, (Wanted, JoinHandle<()>)> = BTreeMap::new();
    loop {
        let catalog = view.borrow_and_update().catalog().clone();
        let wanted = catalog.prometheus.as_deref().map(wanted).unwrap_or_default();
        let is_gone =
            |name: &String, wanted: &BTreeMap<String, Wanted>, old: &Wanted| wanted.get(name) != Some(old);
        running.retain(|name, (old, task)| {
            let gone = is_gone(name, &wanted, old);
            if gone {
                task.abort();
                around.standings.forget(name);
            }
            !gone
        });
        for (name, wanted) in wanted {
            if running.contains_key(&name) {
                continue;
            }
            let base = catalog.prometheus.as_deref().map(|prometheus| directory.join(&prometheus.directory));
            let caller = Caller::new(&wanted.receiver.client, &base.unwrap_or_default(), &plain);
            match Outlet::open(&wanted, caller, around.clone()) {
                Ok(outlet) => {
                    running.insert(name, (wanted, tokio::spawn(outlet.run())));
                }
                Err(why) => tracing::error!(receiver = %name, "nothing is sent to it: {why}"),
            }
        }
        if view.changed().await.is_err() {
            break;
        }
    }
    running.values().for_each(|(_, task)| task.abort());
}

/// By name; a receiver without one is called by its address.
fn wanted(prometheus: &Prometheus) -> BTreeMap<String, Wanted> {
    let one = |receiver: &andon_definitions::prometheus::RemoteWrite| {
        let name = if receiver.name.is_empty() { receiver.url.clone() } else { receiver.name.clone() };
        let external = prometheus.external_labels.clone();
        (name.clone(), Wanted { name, receiver: receiver.clone(), external })
    };
    prometheus.remote_write.iter().map(one).collect()
}
