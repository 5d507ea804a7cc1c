//! What is to be scraped, probed and measured of services at this moment: read off the definitions and what the
//! platforms say.

use std::collections::BTreeMap;

use andon_cycle::State;
use andon_definitions::prometheus::Protocol;
use andon_definitions::service::{HttpProbe, Probe as Defined, Scrape, TcpProbe};
use andon_definitions::{Job, Service};
use andon_vocabulary::{InstanceStatus, Labels, Name};

use crate::host::Supervised;
use crate::probe::{Ask, Probe};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// By service.
    pub scrapes: BTreeMap<Name, Served>,
    /// By what they ask.
    pub probes: BTreeMap<String, Probe>,
    pub supervised: Vec<Supervised>,
}

/// A service's metrics: how they are asked for, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    pub job: Job,
    pub addresses: Vec<Address>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `service/instance`.
    pub name: Name,
    pub url: String,
    /// `service`, `instance` and, where it is known, `version`.
    pub labels: Labels,
}

/// One instance, wherever it is known from.
struct Place<'a> {
    name: &'a str,
    address: &'a str,
    version: Option<&'a str>,
}

pub fn plan(state: &State) -> Plan {
    let mut plan = Plan::default();
    for (name, service) in &state.catalog().services {
        let running =
            state.change.platforms.get(name.as_str()).map_or(&[][..], |status| status.instances.as_slice());
        plan.add(name, service, running);
    }
    plan
}

impl Plan {
    fn add(&mut self, service: &str, defined: &Service, running: &[InstanceStatus]) {
        for instance in running {
            self.supervised.extend(instance.pid.map(|pid| Supervised {
                service: service.into(),
                instance: instance.name.clone(),
                pid,
            }));
        }
        let mut places: Vec<Place> = running
            .iter()
            .map(|instance| Place {
                name: &instance.name,
                address: &instance.address,
                version: Some(&instance.version),
            })
            .collect();
        if let Some(scrape) = &defined.scrape {
            places.extend(scrape.targets.iter().map(|target| Place {
                name: &target.0,
                address: &target.0,
                version: None,
            }));
            let addresses = places.iter().map(|place| address(service, place, scrape)).collect();
            self.scrapes.insert(service.into(), Served { job: job(service, scrape), addresses });
        }
        for probe in &defined.probes {
            for probe in probes(service, probe, &places) {
                self.probes.insert(format!("{service} {:?}", probe.ask), probe);
            }
        }
    }
}

fn address(service: &str, place: &Place, scrape: &Scrape) -> Address {
    Address {
        name: format!("{service}/{}", place.name).into(),
        url: format!("http://{}{}", place.address, scrape.path),
        labels: Labels::new([
            ("service", service),
            ("instance", place.name),
            ("version", place.version.unwrap_or("")),
        ]),
    }
}

/// What a service leaves unsaid is as in Prometheus; an answer that does not say what it is, is text.
fn job(service: &str, scrape: &Scrape) -> Job {
    let mut job = Job::named(service);
    job.interval = scrape.every;
    job.timeout = scrape.timeout();
    job.path.clone_from(&scrape.path);
    job.fallback = Some(Protocol::Text004);
    job.limits.body_bytes = Some(scrape.limits.body_bytes);
    job.limits.samples = Some(scrape.limits.samples);
    job
}

fn probes(service: &str, defined: &Defined, places: &[Place]) -> Vec<Probe> {
    match defined {
        Defined::Http(http) => {
            let ask = |url| Ask::Http { url, status: http.status };
            let HttpProbe { path, url, every, under, .. } = http;
            let one = |instance: &str, url| Probe {
                service: service.into(),
                instance: instance.into(),
                ask: ask(url),
                every: (*every).into(),
                under: (*under).into(),
            };
            match (url, path) {
                (Some(url), _) => vec![one(host_of(url), url.clone())],
                (None, path) => {
                    let path = path.as_deref().unwrap_or("/");
                    let of = |place: &Place| one(place.name, format!("http://{}{path}", place.address));
                    places.iter().map(of).collect()
                }
            }
        }
        Defined::Tcp(TcpProbe { port, address, every, under }) => {
            let one = |instance: &str, address| Probe {
                service: service.into(),
                instance: instance.into(),
                ask: Ask::Tcp { address },
                every: (*every).into(),
                under: (*under).into(),
            };
            if let Some(address) = address {
                return vec![one(address, address.clone())];
            }
            let of = |place: &Place| one(place.name, with_port(place.address, *port));
            places.iter().map(of).collect()
        }
    }
}

fn with_port(address: &str, port: Option<u16>) -> String {
    match (port, address.rsplit_once(':')) {
        (Some(port), Some((host, _))) => format!("{host}:{port}"),
        _ => address.to_owned(),
    }
}

/// `shop.example.org` of `https://shop.example.org/healthz`.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use andon_definitions::SourceFile;

    fn service(spec: &str) -> Plan {
        let text = format!(
            "apiVersion: andon/v1\nkind: Service\nmetadata: {{ name: checkout }}\nspec:\n  owner: team:payments\n{spec}"
        );
        let (catalog, _) = andon_definitions::load(&[SourceFile { path: "a.yaml".to_owned(), text }]);
        let running = InstanceStatus {
            name: "checkout-1".into(),
            version: "v41".into(),
            address: "127.0.0.1:4001".to_owned(),
            pid: Some(77),
            ready: true,
            restarts: 0,
        };
        let mut plan = Plan::default();
        plan.add("checkout", &catalog.services["checkout"], &[running]);
        plan
    }

    #[test]
    fn every_instance_is_scraped_probed_and_measured() {
        let plan = service(
            "  scrape: { every: 1s, targets: ['db.example.org:9100'] }\n  probes: [ { http: { path: /healthz } }, { tcp: { port: 5432 } }, { http: { url: 'https://shop.example.org/pay' } } ]\n",
        );
        let served = &plan.scrapes["checkout"];
        let scraped: Vec<String> =
            served.addresses.iter().map(|found| format!("{} {}", found.url, found.labels)).collect();
        assert_eq!(served.job.interval.as_secs(), 1);
        assert_eq!(
            scraped,
            [
                r#"http://127.0.0.1:4001/metrics {instance="checkout-1", service="checkout", version="v41"}"#,
                r#"http://db.example.org:9100/metrics {instance="db.example.org:9100", service="checkout"}"#,
            ]
        );
        let mut asked: Vec<String> = plan
            .probes
            .values()
            .map(|probe| match &probe.ask {
                Ask::Http { url, .. } => format!("{} {url}", probe.instance),
                Ask::Tcp { address } => format!("{} {address}", probe.instance),
            })
            .collect();
        asked.sort();
        assert_eq!(
            asked,
            [
                "checkout-1 127.0.0.1:5432",
                "checkout-1 http://127.0.0.1:4001/healthz",
                "db.example.org:9100 db.example.org:5432",
                "db.example.org:9100 http://db.example.org:9100/healthz",
                "shop.example.org https://shop.example.org/pay",
            ]
        );
        assert_eq!(plan.supervised[0].pid, 77);
    }

    #[test]
    fn what_asks_for_nothing_gets_nothing() {
        let plan = service("  tier: 3\n");
        assert!(plan.scrapes.is_empty() && plan.probes.is_empty());
    }
}
