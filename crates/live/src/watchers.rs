//! Keeps the running scrapes and probes the same as the plan, whatever the plan becomes and whatever is discovered.

use std::collections::BTreeMap;
use std::time::Duration;

use andon_vocabulary::{Input, Name, SourceSeen};
use reqwest::Client;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::host::{self, Supervised};
use crate::plan::plan;
use crate::pools::Pools;
use crate::probe::{self, Probe};
use crate::roster::Roster;
use crate::scrape::{self, First, Surroundings, Target};
use crate::sources::{Sources, Ticket};
use crate::views::View;

/// Something that runs until its `stop` is dropped.
#[derive(Debug)]
struct Running<T> {
    what: T,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What is discovered in one go is acted on in one go.
const SETTLE: Duration = Duration::from_millis(100);
/// With more new targets than this, each waits for its turn.
const AT_ONCE_MAX: usize = 200;

/// Ends when the loop has.
pub async fn keep(
    view: View,
    mut plans: View,
    around: Surroundings,
    mut pools: Pools,
    mut roster: Roster,
    probes_client: Client,
) {
    let (supervised, known) = watch::channel(Vec::<Supervised>::new());
    let host = tokio::spawn(host::sample(around.store.clone(), around.clock.clone(), known));
    let mut scrapes: BTreeMap<_, Running<Target>> = BTreeMap::new();
    let mut probes: BTreeMap<_, Running<Probe>> = BTreeMap::new();
    loop {
        plans.mark_unchanged();
        let state = view.borrow().clone();
        let plan = plan(&state);
        let wanted = pools.wanted(&plan, state.catalog().prometheus.as_deref(), &around.sources);
        let unexpected: Vec<Name> =
            state.monitor.silent.keys().filter(|target| !wanted.contains_key(*target)).cloned().collect();
        supervised.send_replace(plan.supervised);
        let tickets = expect(&scrapes, &wanted, &around.sources);
        if pools.have_looked() {
            around.sources.planned();
            let labels = wanted.values().map(|target| target.labels.clone()).collect();
            roster.renew(labels, &around.store, around.clock.now());
        }
        let first = if tickets.len() > AT_ONCE_MAX { First::InTurn } else { First::AtOnce };
        agree(&mut scrapes, wanted, |target, stop| {
            let ticket = tickets[&target.name].clone();
            tokio::spawn(scrape::run(target, ticket, around.clone(), first, stop))
        })
        .await;
        agree(&mut probes, plan.probes, |probe, stop| {
            let (store, clock) = (around.store.clone(), around.clock.clone());
            tokio::spawn(probe::run(probe, probes_client.clone(), store, clock, stop))
        })
        .await;
        // Nobody waits any more for an answer of what is no longer expected to give one.
        if pools.have_looked() {
            for target in unexpected {
                let silent = None;
                around.queue.input(Input::Source(SourceSeen { target, silent })).await;
            }
        }
        // Until other plans come, which may be long, it would keep whatever was open now.
        drop(state);
        tokio::select! {
            changed = plans.changed() => if changed.is_err() { break },
            () = pools.changed() => tokio::time::sleep(SETTLE).await,
        }
    }
    host.abort();
}

/// Who is new is expected before its predecessor's series end, so that at no moment they look gone for good.
fn expect(
    running: &BTreeMap<Name, Running<Target>>,
    wanted: &BTreeMap<Name, Target>,
    sources: &Sources,
) -> BTreeMap<Name, Ticket> {
    for name in running.keys().filter(|name| !wanted.contains_key(*name)) {
        sources.forget(name);
    }
    let is_new =
        |(name, target): &(&Name, &Target)| running.get(*name).is_none_or(|running| running.what != **target);
    let tickets = wanted.iter().filter(is_new).map(|(name, target)| (name.clone(), sources.expect(target)));
    tickets.collect()
}

/// What is no longer wanted has ended before what is new begins, so that a series that goes on under other settings
/// is not ended by its predecessor.
async fn agree<K: Ord, T: Clone + PartialEq>(
    running: &mut BTreeMap<K, Running<T>>,
    wanted: BTreeMap<K, T>,
    start: impl Fn(T, oneshot::Receiver<()>) -> JoinHandle<()>,
) {
    let gone: Vec<_> =
        running.extract_if(.., |key, running| wanted.get(key) != Some(&running.what)).collect();
    let (stops, tasks): (Vec<_>, Vec<_>) =
        gone.into_iter().map(|(_, Running { stop, task, .. })| (stop, task)).unzip();
    drop(stops);
    for task in tasks {
        if let Err(error) = task.await {
            tracing::error!(%error, "a scrape or probe broke down");
        }
    }
    for (key, what) in wanted {
        running.entry(key).or_insert_with(|| {
            let (stop, stopped) = oneshot::channel();
            let task = start(what.clone(), stopped);
            Running { what, stop, task }
        });
    }
}
