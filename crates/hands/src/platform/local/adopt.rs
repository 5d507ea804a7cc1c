//! What earlier hands started and left running: found by its mark, kept by a descriptor, so that no process that got
//! an old number is ever mistaken for an instance.

use std::collections::BTreeMap;

use andon_vocabulary::LocalService;

use super::desired::Target;
use super::environment::{self, GENERATION, MARK, PORT, VERSION};
use crate::leader::Leader;
use crate::proc::{self, Marked};

/// A running instance, and what it was started as.
pub struct Adopted {
    pub leader: Leader,
    pub target: Target,
    pub port: u16,
}

/// The running instances of this Andon by their names; those of services that are gone too.
pub fn find(instance_id: &str) -> BTreeMap<String, Marked> {
    let prefix = format!("{instance_id}/");
    let found = proc::marked(MARK, |mark| mark.starts_with(&prefix));
    let pids: Vec<i32> = found.iter().map(|process| process.pid.as_raw_pid()).collect();
    let mut leaders: BTreeMap<String, Marked> = BTreeMap::new();
    for process in found {
        // Children carry the mark too. The instance leads its group, and no marked process started it.
        if process.group != process.pid.as_raw_pid() || pids.contains(&process.parent) {
            continue;
        }
        let name = process.environment[MARK][prefix.len()..].to_owned();
        match leaders.get(&name) {
            // Of an instance and what it once let go, the instance is older.
            Some(known) if known.started <= process.started => {}
            _ => drop(leaders.insert(name, process)),
        }
    }
    leaders
}

/// Takes over a running process. One that was not started as the definition says today counts as outdated.
pub fn adopt(service: &LocalService, process: Marked) -> Option<Adopted> {
    let told = |name: &str| process.environment.get(name);
    let port = told(PORT)?.parse().ok()?;
    let version = told(VERSION)?.as_str().into();
    let generation = told(GENERATION)?.parse().ok()?;
    let as_defined = environment::is_as_defined(service, &process.argv, &process.environment);
    let mark = (MARK, told(MARK)?.clone());
    Some(Adopted {
        target: Target { version, generation: if as_defined { generation } else { 0 } },
        port,
        leader: Leader::adopt(process.pid, process.fd, mark).ok()?,
    })
}

/// `checkout-2` → 2.
pub fn number(service: &str, name: &str) -> Option<u32> {
    name.strip_prefix(service)?.strip_prefix('-')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_belongs_to_exactly_one_service() {
        assert_eq!(number("checkout", "checkout-2"), Some(2));
        assert_eq!(number("checkout", "checkout-eu-2"), None);
        assert_eq!(number("checkout-eu", "checkout-eu-2"), Some(2));
    }
}
