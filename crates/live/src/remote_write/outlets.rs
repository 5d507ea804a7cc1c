//! Keeps an outlet for each receiver that the definitions name.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use andon_cycle::State;
use andon_definitions::prometheus::Prometheus;
use andon_vocabulary::Labels;
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
        let external = from_environment(&prometheus.external_labels, &|name| std::env::var(name).ok());
        (name.clone(), Wanted { name, receiver: receiver.clone(), external })
    };
    prometheus.remote_write.iter().map(one).collect()
}

/// With what `$NAME` and `${NAME}` stand for; nothing for a variable that is not set. `$$` is a dollar.
fn from_environment(labels: &Labels, variable: &dyn Fn(&str) -> Option<String>) -> Labels {
    let filled = |text: &str| {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, behind) = match after.strip_prefix('{').and_then(|after| after.split_once('}')) {
                Some(braced) => braced,
                None if after.starts_with('$') => after.split_at(1),
                None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
            };
            match name {
                "$" => filled.push('$'),
                name => filled.push_str(&variable(name).unwrap_or_default()),
            }
            rest = behind;
        }
        filled + rest
    };
    labels.iter().map(|(name, value)| (name, filled(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_labels_name_the_environment() {
        let variable = |name: &str| (name == "HOST_1").then(|| "web-1".to_owned());
        let filled = |value: &str| {
            let labels = from_environment(&Labels::new([("a", value)]), &variable);
            labels.get("a").unwrap_or_default().to_owned()
        };
        assert_eq!(filled("plain"), "plain");
        assert_eq!(filled("x-$HOST_1-${HOST_1}y"), "x-web-1-web-1y");
        assert_eq!(filled("$NONE$$5 ${NONE}."), "$5 .");
    }
}
