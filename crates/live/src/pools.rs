//! All targets that are to be scraped: those of services, and those that the jobs of a `prometheus.yml` discover.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use andon_definitions::{Job, Prometheus};
use andon_vocabulary::{Labels, Name};
use reqwest::Client;
use tokio::sync::Notify;

use crate::discovery::Discovering;
use crate::plan::Plan;
use crate::scrape::Target;
use crate::scrape::populate::{Populated, discovered, populate};
use crate::scrape::settings::Settings;
use crate::sources::{Pool, Sources};

/// Of a job; the others are only counted.
const DROPPED_SHOWN: usize = 1000;
const TROUBLES_SHOWN: usize = 20;

/// What runs for a job goes on for as long as its definition stays the same.
#[derive(Debug)]
pub struct Pools {
    /// Of the definitions.
    directory: PathBuf,
    plain: Client,
    settings: BTreeMap<String, Arc<Settings>>,
    discovering: BTreeMap<String, (Job, Discovering)>,
    changed: Arc<Notify>,
}

impl Pools {
    pub fn new(directory: &Path, plain: Client) -> Pools {
        Pools {
            directory: directory.to_owned(),
            plain,
            settings: BTreeMap::new(),
            discovering: BTreeMap::new(),
            changed: Arc::default(),
        }
    }

    /// Until other targets may have been discovered. Cancel safe.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether every way of discovery has looked once.
    pub fn have_looked(&self) -> bool {
        self.discovering.values().all(|(_, discovering)| discovering.has_looked())
    }

    /// By a name of their own. What is not wanted although it was discovered is told to `sources`.
    pub fn wanted(
        &mut self,
        plan: &Plan,
        prometheus: Option<&Prometheus>,
        sources: &Sources,
    ) -> BTreeMap<Name, Target> {
        let jobs = prometheus.map_or(&[][..], |prometheus| prometheus.jobs.as_slice());
        let mut before = std::mem::take(&mut self.settings);
        let mut wanted = BTreeMap::new();
        for (service, served) in &plan.scrapes {
            let settings = self.settings(&mut before, format!("service/{service}"), &served.job);
            for address in &served.addresses {
                let target = Target {
                    name: address.name.clone(),
                    url: address.url.clone(),
                    labels: address.labels.clone(),
                    discovered: address.labels.clone(),
                    every: served.job.interval.into(),
                    timeout: served.job.timeout.into(),
                    settings: settings.clone(),
                    held: None,
                };
                wanted.insert(target.name.clone(), target);
            }
        }
        self.discovering.retain(|name, (was, _)| jobs.iter().any(|job| job.name == *name && job == was));
        let mut pools = BTreeMap::new();
        for job in jobs {
            let settings = self.settings(&mut before, format!("job/{}", job.name), job);
            let (_, discovering) = self.discovering.entry(job.name.clone()).or_insert_with(|| {
                let discovering = Discovering::start(job, &self.directory, &self.plain, &self.changed);
                (job.clone(), discovering)
            });
            let (targets, mut pool) = sort(&settings, discovering.targets());
            pool.troubles.extend(discovering.troubles());
            pools.insert(Name::from(job.name.as_str()), pool);
            for target in targets {
                insert(&mut wanted, target);
            }
        }
        sources.set_pools(pools);
        wanted
    }

    fn settings(
        &mut self,
        before: &mut BTreeMap<String, Arc<Settings>>,
        key: String,
        job: &Job,
    ) -> Arc<Settings> {
        let settings = match before.remove(&key) {
            Some(settings) if settings.job == *job => settings,
            _ => Settings::new(job.clone(), &self.directory, &self.plain),
        };
        self.settings.insert(key, settings.clone());
        settings
    }
}

/// What is found of a job: its targets, and what is no target.
fn sort(settings: &Arc<Settings>, found: Vec<Labels>) -> (Vec<Target>, Pool) {
    let (mut targets, mut pool) = (Vec::new(), Pool::default());
    let shown =
        settings.job.limits.dropped_shown.map_or(DROPPED_SHOWN, |limit| {
            usize::try_from(limit).unwrap_or(DROPPED_SHOWN).min(DROPPED_SHOWN)
        });
    for labels in found {
        let labels = discovered(settings, &labels);
        match populate(settings, &labels) {
            Populated::Target(target) => targets.push(*target),
            Populated::Dropped => {
                pool.dropped_count += 1;
                if pool.dropped.len() < shown {
                    pool.dropped.push(labels);
                }
            }
            Populated::Wrong(why) if pool.troubles.len() < TROUBLES_SHOWN => {
                let address = labels.get("__address__").unwrap_or("a target");
                pool.troubles.push(format!("{address} is not scraped: {why}"));
            }
            Populated::Wrong(_) => {}
        }
    }
    if let Some(limit) = settings.job.limits.targets.filter(|limit| targets.len() as u64 > *limit) {
        let why: Arc<str> =
            format!("target_limit: the job has {} targets, more than {limit}", targets.len()).into();
        targets.iter_mut().for_each(|target| target.held = Some(why.clone()));
        pool.troubles.push(why.to_string());
    }
    (targets, pool)
}

/// Two that are the same are one; two of the same job and instance at different addresses are told apart by those.
fn insert(wanted: &mut BTreeMap<Name, Target>, mut target: Target) {
    match wanted.entry(target.name.clone()) {
        Entry::Vacant(free) => {
            free.insert(target);
        }
        Entry::Occupied(taken) => {
            let other = taken.get();
            if (&other.url, &other.labels) == (&target.url, &target.labels) {
                return;
            }
            let hash = target.labels.fingerprint();
            target.name = format!("{} {} {hash:x}", target.name, target.url).into();
            wanted.insert(target.name.clone(), target);
        }
    }
}

#[cfg(test)]
mod tests;
