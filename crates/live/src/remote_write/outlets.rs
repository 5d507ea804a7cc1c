//! Keeps an outlet for each receiver that the definitions name, and how each stands as series.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Client;
use tokio::task::JoinHandle;

use super::outlet::{Around, Outlet};
use super::wanted::Wanted;
use crate::caller::Caller;
use crate::source::Source;
use crate::views::View;

/// How often the standings are written down.
const EVERY: Duration = Duration::from_secs(5);

/// Ends when the loop has.
pub async fn keep(mut plans: View, around: Around, directory: PathBuf, plain: Client) {
    let mut running: BTreeMap<String, (Wanted, JoinHandle<()>)> = BTreeMap::new();
    let mut seen = String::new();
    let mut source = Source::default();
    let mut rhythm = tokio::time::interval(EVERY);
    loop {
        let catalog = plans.borrow_and_update().catalog().clone();
        if catalog.hash != seen {
            seen.clone_from(&catalog.hash);
            let wanted = Wanted::all(&catalog, &directory, &|name| std::env::var(name).ok());
            follow(&mut running, wanted, &around, &plain);
        }
        tokio::select! {
            changed = plans.changed() => if changed.is_err() { break },
            _ = rhythm.tick() => {
                let now = around.clock.now();
                source.write(&around.store, now, around.standings.series(now));
            }
        }
    }
    running.values().for_each(|(_, task)| task.abort());
}

/// A receiver that is the same as before is not disturbed.
fn follow(
    running: &mut BTreeMap<String, (Wanted, JoinHandle<()>)>,
    wanted: BTreeMap<String, Result<Wanted, String>>,
    around: &Around,
    plain: &Client,
) {
    running.retain(|name, (old, task)| {
        let stays = matches!(wanted.get(name), Some(Ok(wanted)) if wanted == old);
        if !stays {
            task.abort();
        }
        stays
    });
    around.standings.keep(|name| wanted.contains_key(name));
    for (name, wanted) in wanted {
        if running.contains_key(&name) {
            continue;
        }
        let opened = wanted.and_then(|wanted| {
            let caller = Caller::new(&wanted.receiver.client, &wanted.directory, plain).that_sends();
            Outlet::open(&wanted, caller, around.clone()).map(|outlet| (wanted, outlet))
        });
        match opened {
            Ok((wanted, outlet)) => {
                running.insert(name, (wanted, tokio::spawn(outlet.run())));
            }
            Err(why) => {
                tracing::error!(receiver = %name, "nothing is sent to it: {why}");
                around.standings.change(&name, |outgoing| outgoing.trouble = Some(why));
            }
        }
    }
}
