//! Which instance listens where. A port is chosen once and stays, so that the other services find it again.

use std::collections::BTreeMap;
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

    /// A port that nobody listens on and no instance owns.
    pub fn fresh(&self) -> Option<u16> {
        let held = self.lock();
        let owned = |port: &u16| held.values().any(|owned| owned.ports.values().any(|held| held == port));
        let width = RANGE.end - RANGE.start;
        // Several Andons on one machine begin at different places, so that they seldom meet.
        let first = u16::try_from(std::process::id() % u32::from(width / 100)).unwrap_or(0) * 100;
        (0..width)
            .map(|step| RANGE.start + (first + step) % width)
            .find(|port| !owned(port) && is_free(*port))
    }

    /// `CHECKOUT_URLS` and the like, for every service: where its wanted instances listen, separated by commas.
    pub fn urls(&self) -> BTreeMap<String, String> {
        self.lock()
            .iter()
            .map(|(service, owned)| {
                let wanted = owned.ports.range(..=owned.wanted);
                let urls: Vec<String> = wanted.map(|(_, port)| format!("http://127.0.0.1:{port}")).collect();
                (variable(service), urls.join(","))
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

fn variable(service: &str) -> String {
    let upper = service.to_ascii_uppercase();
    let plain = upper.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("{plain}_URLS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_port_is_nobody_elses() {
        let ports = Ports::default();
        let first = ports.fresh().expect("one of thousands is free");
        ports.set(&"order-store".into(), BTreeMap::from([(1, first), (2, 1)]), 1);
        let second = ports.fresh().expect("another is");
        assert_ne!(first, second);
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, second)).expect("it was free");
        assert!(!is_free(second));
        let urls = ports.urls();
        assert_eq!(urls["ORDER_STORE_URLS"], format!("http://127.0.0.1:{first}"));
    }
}
