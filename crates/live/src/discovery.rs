//! Finding the targets of jobs: what is written in the definitions, in watched files, at addresses, in DNS.
//!
//! Each way of a job finds label sets in its own time; whoever plans scrapes takes what all of them have found so far.
//! What was found stays found while its source cannot be read: a broken file is no reason to lose sight of anything.

mod dns;
mod file;
mod groups;
mod http;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use andon_definitions::Job;
use andon_vocabulary::Labels;
use reqwest::Client;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A job's ways of discovery, running until it is dropped.
#[derive(Debug)]
pub struct Discovering {
    /// Of the definitions themselves.
    written: Vec<Labels>,
    ways: Vec<(Arc<Way>, JoinHandle<()>)>,
}

/// What one way has found.
#[derive(Debug)]
pub(crate) struct Way {
    found: Mutex<Found>,
    changed: Arc<Notify>,
}

/// By where it was found, a file or an address; all of it is replaced when that is read anew.
#[derive(Debug, Default)]
struct Found {
    targets: BTreeMap<String, Vec<Labels>>,
    troubles: BTreeMap<String, String>,
    /// Whether it has looked everywhere once.
    has_looked: bool,
    /// Whether that brought anything new the last time.
    is_new: bool,
}

impl Discovering {
    /// `changed` is notified whenever there is something new to take.
    pub fn start(job: &Job, directory: &Path, plain: &Client, changed: &Arc<Notify>) -> Discovering {
        let beside: PathBuf = directory.join(&job.directory);
        let mut ways = Vec::new();
        let way = || Arc::new(Way { found: Mutex::default(), changed: changed.clone() });
        for config in &job.discovery.file_sd_configs {
            let way = way();
            let watching = file::watch(config.clone(), beside.clone(), way.clone());
            ways.push((way, tokio::spawn(watching)));
        }
        for config in &job.discovery.http_sd_configs {
            let way = way();
            let asking = http::ask(config.clone(), beside.clone(), plain.clone(), way.clone());
            ways.push((way, tokio::spawn(asking)));
        }
        for config in &job.discovery.dns_sd_configs {
            let way = way();
            ways.push((way.clone(), tokio::spawn(dns::ask(config.clone(), way))));
        }
        let written = job.discovery.static_configs.iter().flat_map(groups::labels).collect();
        Discovering { written, ways }
    }

    /// Everything that is found by now.
    pub fn targets(&self) -> Vec<Labels> {
        let mut all = self.written.clone();
        for (way, _) in &self.ways {
            let found = way.found.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(found.targets.values().flatten().cloned());
        }
        all
    }

    /// What cannot be read, in words.
    pub fn troubles(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (way, _) in &self.ways {
            let found = way.found.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(found.troubles.values().cloned());
        }
        all
    }

    /// Whether each way has looked once: until then nobody knows who is to be asked.
    pub fn has_looked(&self) -> bool {
        let looked = |way: &Way| way.found.lock().unwrap_or_else(PoisonError::into_inner).has_looked;
        self.ways.iter().all(|(way, _)| looked(way))
    }
}

impl Drop for Discovering {
    fn drop(&mut self) {
        for (_, task) in &self.ways {
            task.abort();
        }
    }
}

impl Way {
    /// What `place` holds now, or why it cannot be read; then what it held before still counts.
    fn set(&self, place: &str, targets: Result<Vec<Labels>, String>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match targets {
            Ok(targets) => {
                found.is_new |= found.troubles.remove(place).is_some();
                found.is_new |= found.targets.get(place) != Some(&targets);
                found.targets.insert(place.to_owned(), targets);
            }
            Err(why) => {
                if found.troubles.get(place) != Some(&why) {
                    tracing::warn!("targets cannot be discovered: {why}");
                    found.is_new = true;
                }
                found.troubles.insert(place.to_owned(), why);
            }
        }
    }

    /// What is found at other places no longer counts.
    fn keep_only(&self, places: &[String]) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let before = found.targets.len() + found.troubles.len();
        found.targets.retain(|place, _| places.contains(place));
        found.troubles.retain(|place, _| places.contains(place));
        found.is_new |= found.targets.len() + found.troubles.len() != before;
    }

    /// Everywhere has been looked.
    fn looked(&self) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !std::mem::replace(&mut found.has_looked, true);
        if std::mem::take(&mut found.is_new) || is_first {
            self.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
