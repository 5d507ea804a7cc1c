//! Which instance listens where. A port is chosen once and stays, so that the other services find it again.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::Mutex;

use andon_vocabulary::Name;

/// Below the range from which Linux takes ports for outgoing connections: one of those could hold an instance's
/// port just while it restarts.
const RANGE: Range<u16> = 20_000..32_000;

/// The ports of every service on this machine.
#[derive(Default)]
pub struct Ports(Mutex<BTreeMap<Name, Owned>>);

#[derive(Default)]
struct Owned {
    /// Those of instances that are not wanted now too: they may be again.
    ports: BTreeMap<u32, u16>,
    wanted: u32,
}

impl Ports {
    /// Says where a service's instances listen; what was said before is forgotten.
    pub fn set(&self, service: &Name, ports: BTreeMap<u32, u16>, wanted: u32) {
        self.lock().insert(service.clone(), Owned { ports, wanted });
    }

    /// Gives an instance a port that nobody listens on and no other instance owns.
    pub fn claim(&self, service: &Name, instance: u32) -> Option<u16> {
        let mut held = self.lock();
        let owned = |port: &u16| held.values().any(|owned| owned.ports.values().any(|held| held == port));
        let width = RANGE.end - RANGE.start;
        // Several Andons on one machine begin at different places, so that they seldom meet.
        let first = RandomState::new().build_hasher().finish() % u64::from(width);
        let port = (0..u64::from(width))
            .filter_map(|step| Some(RANGE.start + u16::try_from((first + step) % u64::from(width)).ok()?))
            .find(|port| !owned(port) && is_free(*port))?;
        held.entry(service.clone()).or_default().ports.insert(instance, port);
        Some(port)
    }

    /// For every service: where its wanted instances listen, separated by commas.
    pub fn urls(&self) -> BTreeMap<Name, String> {
        self.lock()
            .iter()
            .map(|(service, owned)| {
                let wanted = owned.ports.range(..=owned.wanted);
                let urls: Vec<String> = wanted.map(|(_, port)| format!("http://127.0.0.1:{port}")).collect();
                (service.clone(), urls.join(","))
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Name, Owned>> {
        self.0.lock().expect("nothing panics while it holds the ports")
    }
}

pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_port_is_nobody_elses() {
        let (ports, name) = (Ports::default(), Name::from("order-store"));
        let first = ports.claim(&name, 1).expect("one of thousands is free");
        let second = ports.claim(&name, 2).expect("another is");
        assert_ne!(first, second);
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, second)).expect("it was free");
        assert!(!is_free(second));
        ports.set(&name, BTreeMap::from([(1, first), (2, second)]), 1);
        assert_eq!(ports.urls()[&name], format!("http://127.0.0.1:{first}"));
    }
}
