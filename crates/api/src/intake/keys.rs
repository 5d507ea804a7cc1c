//! Which firing alert a sender means by its key.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use andon_cycle::State;
use andon_intake::KEY;
use andon_monitor::Alert;
use andon_vocabulary::{AlertId, Name};

/// Entries that may be out of date; beyond it all of it is found anew.
const STALE_MAX: usize = 10_000;

/// By source and key. Only a source's own door brings alerts under its keys, and each is looked at again before it is
/// believed, so it can be forgotten and found anew.
#[derive(Default)]
pub(super) struct Keys(Mutex<Option<BTreeMap<(Name, String), AlertId>>>);

impl Keys {
    pub fn find<'a>(&self, source: &str, key: &str, state: &'a State) -> Option<(AlertId, &'a Alert)> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| known.len() > state.monitor.alerts.len() + STALE_MAX) {
            *known = Some(all(state));
        }
        let id = *known.as_ref()?.get(&(source.into(), key.to_owned()))?;
        let alert = state.monitor.alerts.get(&id)?;
        (named(alert) == Some((source, key))).then_some((id, alert))
    }

    /// An alert fires under this key from now on.
    pub fn note(&self, source: &str, key: &str, alert: AlertId) {
        if let Some(known) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            known.insert((source.into(), key.to_owned()), alert);
        }
    }
}

fn all(state: &State) -> BTreeMap<(Name, String), AlertId> {
    let named = state.monitor.alerts.iter().filter_map(|(id, alert)| Some((named(alert)?, *id)));
    named.map(|((source, key), id)| ((source.into(), key.to_owned()), id)).collect()
}

fn named(alert: &Alert) -> Option<(&str, &str)> {
    Some((&alert.received.as_ref()?.source, alert.labels.get(KEY)?))
}
