//! While a service cannot be reached, none of its alerts is called resolved.

use std::collections::{BTreeMap, BTreeSet};

use andon_vocabulary::{Event, MonitorEvent, Name, ResolvedReason};

use crate::play::{Play, SeenWhat};

pub fn check(play: &Play) -> Vec<String> {
    let mut violations = Vec::new();
    let mut silent: BTreeSet<Name> = BTreeSet::new();
    let mut service_of = BTreeMap::new();
    for seen in &play.seen {
        let SeenWhat::Event(Event::Monitor(event)) = &seen.what else { continue };
        match event {
            MonitorEvent::SourceSilent { target, .. } => {
                silent.insert(target.clone());
            }
            MonitorEvent::SourceBack { target } => {
                silent.remove(target);
            }
            MonitorEvent::AlertFired(fired) => {
                service_of.insert(fired.alert, fired.service.clone());
            }
            MonitorEvent::AlertResolved { alert, why: ResolvedReason::ConditionFalse { .. }, .. } => {
                if let Some(Some(service)) = service_of.get(alert)
                    && silent.contains(service)
                {
                    violations.push(format!(
                        "{}: {alert} of {service} resolved while {service} could not be seen",
                        seen.at
                    ));
                }
            }
            _ => {}
        }
    }
    violations
}
