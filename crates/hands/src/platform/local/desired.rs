//! What should run, as last ordered: one file per service, replaced as a whole and durable before anything moves.
//!
//! It survives every crash, so whoever comes next converges to it, and it answers whether an order happened.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use andon_vocabulary::{LocalService, Name};
use serde::{Deserialize, Serialize};

/// Orders that are remembered. A repetition comes within minutes; this is days of ordinary operation.
const DONE_MAX: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    pub version: Name,
    /// What a roll-back returns to.
    pub previous: Option<Name>,
    pub count: u32,
    /// What the definition said when it was last looked at.
    defined: Defined,
    /// Raised to have an instance replaced; an instance that is not listed is at 1.
    generations: BTreeMap<u32, u64>,
    /// Kept for good, so that the others find an instance where it was.
    pub ports: BTreeMap<u32, u16>,
    /// The latest orders, oldest first: key, and what it did.
    done: VecDeque<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Defined {
    version: Name,
    instances: u32,
}

/// What one instance should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub version: Name,
    pub generation: u64,
}

/// A change of what should run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Run { from: Name, version: Name },
    Scale { from: u32, to: u32 },
    Restart { instances: Vec<u32> },
}

impl Desired {
    pub fn defined_by(service: &LocalService) -> Desired {
        Desired {
            version: service.version.clone(),
            previous: None,
            count: service.instances,
            defined: defined(service),
            generations: BTreeMap::new(),
            ports: BTreeMap::new(),
            done: VecDeque::new(),
        }
    }

    /// What the file says, brought up to the definition where that changed since.
    pub fn load(file: &Path, service: &LocalService) -> io::Result<Desired> {
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Desired::defined_by(service)),
            Err(error) => return Err(io::Error::other(format!("{}: {error}", file.display()))),
        };
        let mut desired: Desired = serde_json::from_slice(&text).map_err(|error| {
            io::Error::other(format!(
                "{} is not readable: {error}; move it away to begin with what the definition says",
                file.display()
            ))
        })?;
        desired.follow(service);
        Ok(desired)
    }

    fn follow(&mut self, service: &LocalService) {
        let now = defined(service);
        if now.version != self.defined.version {
            self.turn_to(now.version.clone());
        }
        if now.instances != self.defined.instances {
            self.count = now.instances;
        }
        self.defined = now;
    }

    /// Durable when it returns.
    pub fn save(&self, file: &Path) -> io::Result<()> {
        let directory = file.parent().expect("a state file stands in a directory");
        let fresh = file.with_extension("fresh");
        let mut writer = File::create(&fresh)?;
        serde_json::to_writer_pretty(&mut writer, self)?;
        writer.flush()?;
        writer.sync_all()?;
        fs::rename(&fresh, file)?;
        File::open(directory)?.sync_all()
    }

    pub fn target(&self, instance: u32) -> Target {
        Target {
            version: self.version.clone(),
            generation: self.generations.get(&instance).copied().unwrap_or(1),
        }
    }

    /// What the order with this key did, if it is known.
    pub fn did(&self, key: &str) -> Option<&str> {
        self.done.iter().find(|(known, _)| known == key).map(|(_, did)| did.as_str())
    }

    pub fn remember(&mut self, key: &str, did: String) {
        self.done.push_back((key.to_owned(), did));
        while self.done.len() > DONE_MAX {
            self.done.pop_front();
        }
    }

    /// Applies what was approved, or says why the world is no longer what it was approved for.
    pub fn change(&mut self, change: &Change) -> Result<String, String> {
        match change {
            Change::Run { from, version } => {
                if self.version != *from && self.version != *version {
                    let now = &self.version;
                    return Err(format!("{now} is what runs, not {from}; nothing was changed"));
                }
                if self.version != *version {
                    self.turn_to(version.clone());
                }
                Ok(format!("run {version}"))
            }
            Change::Scale { from, to } => {
                if self.count != *from && self.count != *to {
                    let now = self.count;
                    return Err(format!("{now} instances are wanted, not {from}; nothing was changed"));
                }
                self.count = *to;
                Ok(format!("scaled to {to}"))
            }
            Change::Restart { instances } => {
                if let Some(missing) = instances.iter().find(|n| !(1..=self.count).contains(*n)) {
                    let count = self.count;
                    return Err(format!("there is no instance {missing} of {count}; nothing was changed"));
                }
                let which = if instances.is_empty() { (1..=self.count).collect() } else { instances.clone() };
                for instance in &which {
                    *self.generations.entry(*instance).or_insert(1) += 1;
                }
                Ok(format!("restarted {} of {}", which.len(), self.count))
            }
        }
    }

    fn turn_to(&mut self, version: Name) {
        self.previous = Some(std::mem::replace(&mut self.version, version));
    }
}

fn defined(service: &LocalService) -> Defined {
    Defined { version: service.version.clone(), instances: service.instances }
}

#[cfg(test)]
pub mod tests {
    use std::time::Duration;

    use super::*;

    pub fn checkout() -> LocalService {
        LocalService {
            name: "checkout".into(),
            argv: vec!["checkout".to_owned()],
            version: "v41".into(),
            instances: 3,
            env: BTreeMap::new(),
            ready_path: "/healthz".to_owned(),
            grace: Duration::from_secs(5),
        }
    }

    fn run(from: &str, version: &str) -> Change {
        Change::Run { from: from.into(), version: version.into() }
    }

    #[test]
    fn orders_survive_and_the_definition_rules_when_it_changes() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("checkout.json");
        let mut desired = Desired::load(&file, &checkout()).expect("there is none yet");
        let did = desired.change(&run("v41", "v42")).expect("v41 runs");
        desired.remember("k1", did);
        desired.change(&Change::Scale { from: 3, to: 5 }).expect("three run");
        desired.save(&file).expect("the directory is there");

        let again = Desired::load(&file, &checkout()).expect("it was just written");
        assert_eq!(again, desired);
        assert_eq!((&*again.version, again.previous.as_deref(), again.count), ("v42", Some("v41"), 5));
        assert_eq!(again.did("k1"), Some("run v42"));
        let edited = LocalService { version: "v43".into(), ..checkout() };
        let again = Desired::load(&file, &edited).expect("it is the same file");
        assert_eq!((&*again.version, again.previous.as_deref(), again.count), ("v43", Some("v42"), 5));
    }

    #[test]
    fn a_world_that_moved_on_is_left_alone() {
        let mut desired = Desired::defined_by(&checkout());
        let before = desired.clone();
        assert!(desired.change(&run("v39", "v40")).is_err_and(|why| why.starts_with("v41 is what runs")));
        assert!(desired.change(&Change::Scale { from: 5, to: 6 }).is_err());
        assert!(desired.change(&Change::Restart { instances: vec![4] }).is_err());
        assert_eq!(desired, before);
    }

    #[test]
    fn a_restart_touches_only_whom_it_names() {
        let mut desired = Desired::defined_by(&checkout());
        desired.change(&Change::Restart { instances: vec![2] }).expect("there are three");
        let generations: Vec<u64> = (1..=3).map(|n| desired.target(n).generation).collect();
        assert_eq!(generations, [1, 2, 1]);
    }

    #[test]
    fn a_broken_file_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("checkout.json");
        fs::write(&file, "{").expect("it is ours");
        let error = Desired::load(&file, &checkout()).expect_err("that is no state");
        assert!(error.to_string().contains("checkout.json is not readable"), "{error}");
    }
}
