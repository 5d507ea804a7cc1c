//! The watched queries of open runs: a step's `verify`, a run's `stop_if`, a `promql` step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use andon_monitor::{Ask, Reads};
use andon_promql::Expr;
use andon_respond::Watch;
use andon_vocabulary::{Input, Reading, Says, Timestamp, WatchId};

/// A watch is read at least this often, since time alone can change what a query says.
const EVERY: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
pub(super) struct Watching(BTreeMap<WatchId, Watched>);

/// One that looks at later samples is another question.
#[derive(Debug)]
struct Watched {
    query: String,
    since: Option<Timestamp>,
    expr: Expr,
    /// Empty: it may read any metric.
    reads: BTreeSet<String>,
    said: Option<(Timestamp, Says)>,
    /// Begun then, and waiting for another store to answer.
    asking: Option<Timestamp>,
}

impl Watching {
    pub fn read(
        &mut self,
        watches: &[Watch],
        reads: Reads<'_>,
        changed: &BTreeSet<&str>,
        now: Timestamp,
    ) -> Vec<Input> {
        let open: BTreeSet<&WatchId> = watches.iter().map(|watch| &watch.id).collect();
        self.0.retain(|id, _| open.contains(id));
        watches.iter().filter_map(|watch| self.one(watch, reads, changed, now)).collect()
    }

    fn one(
        &mut self,
        watch: &Watch,
        reads: Reads<'_>,
        changed: &BTreeSet<&str>,
        now: Timestamp,
    ) -> Option<Input> {
        let known = self.0.get(&watch.id);
        if known.is_none_or(|known| known.since != watch.since || known.query != watch.query) {
            // Their texts were checked when the definitions were loaded, and pinned when the run began.
            let expr = andon_promql::parse(&watch.query).ok()?;
            let reads = expr.metric_names();
            let (query, since) = (watch.query.clone(), watch.since);
            let watched = Watched { query, since, expr, reads, said: None, asking: None };
            self.0.insert(watch.id.clone(), watched);
        }
        let watched = self.0.get_mut(&watch.id)?;
        let is_due = watched.said.as_ref().is_none_or(|(at, _)| now >= *at + EVERY)
            || watched.reads.is_empty()
            || watched.reads.iter().any(|metric| changed.contains(&**metric));
        if !is_due && watched.asking.is_none() {
            return None;
        }
        let at = *watched.asking.get_or_insert(now);
        let says =
            andon_monitor::watch::read(&watched.expr, watch.bound, watch.since, &Ask::new(reads), at).ok()?;
        watched.asking = None;
        let before = watched.said.replace((at, says.clone()));
        if before.is_some_and(|(_, before)| same(&before, &says)) {
            return None;
        }
        Some(Input::Reading(Reading { watch: watch.id.clone(), says }))
    }

    /// When a watch is to be read even if no sample comes before; a new one at once.
    pub fn next(&self, watches: &[Watch], at: Timestamp) -> Option<Timestamp> {
        let read = |watch: &Watch| match self.0.get(&watch.id) {
            Some(watched) if watched.asking.is_some() => None,
            Some(watched) => Some(watched.said.as_ref().map_or(at, |(at, _)| *at + EVERY)),
            None => Some(at),
        };
        watches.iter().filter_map(read).min()
    }

    pub fn asking_since(&self) -> Option<Timestamp> {
        self.0.values().filter_map(|watched| watched.asking).min()
    }
}

/// A value that moves within its bound changes nothing.
fn same(before: &Says, now: &Says) -> bool {
    matches!(
        (before, now),
        (Says::Holds { .. }, Says::Holds { .. })
            | (Says::Fails { .. }, Says::Fails { .. })
            | (Says::NoData, Says::NoData)
            | (Says::Error { .. }, Says::Error { .. })
    )
}
