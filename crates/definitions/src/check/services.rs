//! Services: owners, dependencies without circles, something to scrape and to probe.

use std::collections::BTreeSet;

use super::Check;
use crate::service::{Probe, Service};

impl<'a> Check<'a> {
    pub(super) fn services(&mut self) {
        for (name, service) in &self.catalog.services {
            let definition = format!("Service/{name}");
            self.must_exist(&definition, "/spec/owner", "Team", &service.owner);
            for (at, other) in service.depends_on.iter().enumerate() {
                self.must_exist(&definition, &format!("/spec/depends_on/{at}"), "Service", other);
            }
            self.watching(&definition, service);
        }
        self.circles();
    }

    fn watching(&mut self, definition: &str, service: &Service) {
        let runs_here = service.platform.is_some();
        if let Some(scrape) = &service.scrape {
            if !runs_here && scrape.targets.is_empty() {
                let message = "there is nothing to scrape: Andon does not run this service".to_owned();
                self.error(definition, "/spec/scrape", "no-target", message)
                    .hint("add `targets: [ 'HOST:PORT' ]`, or `platform:`");
            }
            if scrape.timeout.is_some_and(|timeout| timeout > scrape.every) {
                let message = "a scrape cannot take longer than the time to the next".to_owned();
                self.error(definition, "/spec/scrape/timeout", "conflict", message);
            }
        }
        for (at, probe) in service.probes.iter().enumerate() {
            let (kind, needs_platform, every, under) = match probe {
                Probe::Http(http) => ("http", http.path.is_some(), http.every, http.under),
                Probe::Tcp(tcp) => ("tcp", tcp.address.is_none(), tcp.every, tcp.under),
            };
            let pointer = format!("/spec/probes/{at}/{kind}");
            if needs_platform && !runs_here {
                let message = "there is nothing to probe: Andon does not run this service".to_owned();
                let what = if kind == "http" { "`url:`" } else { "`address:`" };
                self.error(definition, &pointer, "no-target", message).hint(format!("write {what} in full"));
            }
            if under > every {
                let message = "a probe cannot take longer than the time to the next".to_owned();
                self.error(definition, &format!("{pointer}/under"), "conflict", message);
            }
        }
        if !service.faults.is_empty() && !runs_here {
            let message = "faults are switched on instances that Andon runs".to_owned();
            self.error(definition, "/spec/faults", "no-target", message).hint("add `platform:`");
        }
    }

    /// Each circle once, at the dependency that closes it.
    fn circles(&mut self) {
        let mut done = BTreeSet::new();
        let catalog = self.catalog;
        for name in catalog.services.keys() {
            self.visit(name, &mut Vec::new(), &mut done);
        }
    }

    fn visit(&mut self, name: &'a str, path: &mut Vec<&'a str>, done: &mut BTreeSet<&'a str>) {
        if done.contains(name) {
            return;
        }
        let Some(service) = self.catalog.services.get(name) else { return };
        path.push(name);
        for (at, other) in service.depends_on.iter().enumerate() {
            match path.iter().position(|passed| *passed == other.name()) {
                Some(start) => {
                    let circle = [&path[start..], &[other.name()]].concat().join(" → ");
                    let message = format!("dependencies go round in a circle: {circle}");
                    self.error(
                        &format!("Service/{name}"),
                        &format!("/spec/depends_on/{at}"),
                        "cycle",
                        message,
                    )
                    .hint("leave out the one that the service can do without");
                }
                None => self.visit(other.name(), path, done),
            }
        }
        path.pop();
        done.insert(name);
    }
}
