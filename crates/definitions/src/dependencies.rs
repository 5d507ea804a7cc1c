//! Who depends on whom, through others too: by this an alert of a service explains those of its dependants.
//!
//! What is above a service always has a lower rank, whatever the files say: nothing is ever above itself through others,
//! so of alerts that could explain each other one always stays unexplained.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use andon_vocabulary::Name;

use crate::service::Service;

/// Of what a service depends on, the nearest so many count.
const ABOVE_MAX: usize = 256;

/// Derived from the services; those that neither depend nor are depended on are not in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependencies {
    services: BTreeMap<Name, Place>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    rank: u32,
    above: Vec<Name>,
    below: Vec<Name>,
}

impl Dependencies {
    /// Of the services whose alerts may be explained by those that they depend on.
    pub(crate) fn of(services: &BTreeMap<String, Service>) -> Dependencies {
        let names: BTreeMap<&str, Name> =
            services.keys().map(|name| (name.as_str(), Name::from(name.as_str()))).collect();
        let ranks = ranks(services);
        let mut found = BTreeMap::<Name, Place>::new();
        let may_be = services.iter().filter(|(_, service)| service.inhibit_by_dependency);
        for (service, _) in may_be {
            let below = &names[service.as_str()];
            for above in nearest(service, services) {
                if ranks[above] < ranks[service.as_str()] {
                    found.entry(below.clone()).or_default().above.push(names[above].clone());
                    found.entry(names[above].clone()).or_default().below.push(below.clone());
                }
            }
        }
        found.iter_mut().for_each(|(name, place)| place.rank = ranks[&**name]);
        Dependencies { services: found }
    }

    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
    }

    /// What a service depends on, the nearest first.
    pub fn above(&self, service: &str) -> &[Name] {
        self.services.get(service).map_or(&[], |place| &place.above)
    }

    /// The services that depend on it.
    pub fn below(&self, service: &str) -> &[Name] {
        self.services.get(service).map_or(&[], |place| &place.below)
    }

    /// Lower than that of every service below.
    pub fn rank(&self, service: &str) -> u32 {
        self.services.get(service).map_or(0, |place| place.rank)
    }
}

fn depends_on<'a>(service: &str, services: &'a BTreeMap<String, Service>) -> impl Iterator<Item = &'a str> {
    let known = |on: &&str| services.contains_key(*on);
    services
        .get(service)
        .into_iter()
        .flat_map(|service| &service.depends_on)
        .map(|on| on.name())
        .filter(known)
}

/// What a service depends on, in the order of how far away it is.
fn nearest<'a>(service: &'a str, services: &'a BTreeMap<String, Service>) -> Vec<&'a str> {
    let (mut seen, mut open) = (BTreeSet::from([service]), VecDeque::from([service]));
    let mut found = Vec::new();
    while let Some(service) = open.pop_front() {
        for on in depends_on(service, services) {
            if found.len() < ABOVE_MAX && seen.insert(on) {
                found.push(on);
                open.push_back(on);
            }
        }
    }
    found
}

/// A number for each service, higher than those of all that it depends on where there is no circle. Of a circle, which
/// `check` refuses, one service comes first.
fn ranks(services: &BTreeMap<String, Service>) -> BTreeMap<&str, u32> {
    let mut ranks = BTreeMap::new();
    for root in services.keys() {
        // Depth first, without recursion: a chain of dependencies may be long.
        let (mut seen, mut open) = (BTreeSet::new(), vec![(root.as_str(), false)]);
        while let Some((service, is_left)) = open.pop() {
            if ranks.contains_key(service) {
                continue;
            }
            if is_left {
                ranks.insert(service, ranks.len() as u32);
            } else if seen.insert(service) {
                open.push((service, true));
                open.extend(depends_on(service, services).map(|on| (on, false)));
            }
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(lines: &[&str]) -> BTreeMap<String, Service> {
        let service = |line: &&str| {
            let (name, on) = line.split_once(" → ").unwrap_or((line, ""));
            let on: Vec<&str> = on.split(", ").filter(|on| !on.is_empty()).collect();
            let value = serde_json::json!({ "owner": "team", "depends_on": on });
            (name.to_owned(), serde_json::from_value(value).expect("a service"))
        };
        lines.iter().map(service).collect()
    }

    fn of(found: &[Name]) -> String {
        found.iter().map(|name| &**name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_nearest_comes_first() {
        let mut services = services(&["web → api, cdn", "api → db", "db", "cdn", "alone"]);
        let found = Dependencies::of(&services);
        assert_eq!((of(found.above("web")), of(found.below("db"))), ("api cdn db".into(), "api web".into()));
        assert!(found.rank("db") < found.rank("api") && found.rank("api") < found.rank("web"));
        assert_eq!((found.above("alone"), found.below("nowhere")), (&[][..], &[][..]));

        services.get_mut("web").unwrap().inhibit_by_dependency = false;
        let found = Dependencies::of(&services);
        assert_eq!((of(found.above("web")), of(found.below("db"))), (String::new(), "api".into()));
    }

    #[test]
    fn a_circle_has_a_beginning() {
        let found = Dependencies::of(&services(&["a → b", "b → c", "c → a, db", "db", "self → self"]));
        for service in ["a", "b", "c", "db", "self"] {
            assert!(found.above(service).iter().all(|above| found.rank(above) < found.rank(service)));
        }
        assert!(["a", "b", "c"].iter().any(|service| of(found.above(service)) == "db"));
    }

    #[test]
    fn a_long_chain_is_cut() {
        let lines: Vec<String> = (0..2_000).map(|at| format!("s{at:04} → s{:04}", at + 1)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let found = Dependencies::of(&services(&lines));
        assert_eq!((found.above("s0000").len(), found.above("s1998").len()), (ABOVE_MAX, 1));
    }
}
