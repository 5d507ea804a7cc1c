//! Platform `local`: the instances of services on this machine, for development, demonstrations and very small
//! deployments.
//!
//! Instances outlive the hands. Who holds the lock supervises; it adopts what runs and converges to what is desired.

mod addresses;
mod adopt;
mod desired;
mod environment;
mod instance;
mod logs;
mod operate;
mod ports;
mod roll;
mod supervisor;
mod view;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::{FromHands, LocalService, Name, PlatformStatus};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::proc;
use crate::secrets::{Secrets, Used};
use crate::serve::{Up, say};
use adopt::Adopted;
use desired::Desired;
use environment::Place;
use ports::Ports;
use supervisor::{Ask, Supervisor};
use view::View;

/// How long the first word about the platform waits for instances that are on their way.
const SETTLE_MAX: Duration = Duration::from_secs(1);

/// How long earlier hands may take to leave.
const LOCK_PATIENCE: Duration = Duration::from_secs(15);
/// For instances of services that the definitions no longer have.
const GRACE: Duration = Duration::from_secs(5);
/// Asks that may wait for one supervisor, who answers in milliseconds.
const ASKS: usize = 64;

pub struct Local {
    services: BTreeMap<Name, Handle>,
    /// Dropping it ends the supervision, not what is supervised.
    _tasks: JoinSet<()>,
}

/// One service, from outside.
struct Handle {
    asks: mpsc::Sender<Ask>,
    view: watch::Receiver<View>,
}

impl Local {
    /// Takes the platform over: waits for the lock, adopts what runs, begins to converge.
    pub async fn open(
        data_dir: &Path,
        instance_id: &str,
        services: Vec<LocalService>,
        secrets: &Secrets,
        up: Up,
    ) -> io::Result<Local> {
        for directory in ["platform/addresses", "logs", "faults"] {
            fs::create_dir_all(data_dir.join(directory))?;
        }
        let lock = lock(&data_dir.join("platform").join("lock")).await?;
        let place = Arc::new(Place {
            _lock: lock,
            data_dir: data_dir.to_owned(),
            instance_id: instance_id.to_owned(),
            ports: Ports::default(),
        });
        let mut known = Vec::new();
        for service in services {
            let service = Arc::new(checked(service, secrets)?);
            let desired = Desired::load(&place.state_file(&service.name), &service)?;
            // All of them before anybody chooses a new one.
            place.ports.set(&service.name, desired.ports.clone(), desired.count);
            known.push((service, desired));
        }
        let mut running = adopt::find(instance_id);
        let mut supervisors = Vec::new();
        for (service, desired) in known {
            let adopted = take(&service, &mut running);
            let (place, up) = (place.clone(), up.clone());
            supervisors.push((service.name.clone(), Supervisor::new(service, place, up, desired, adopted)?));
        }

        let mut tasks = JoinSet::new();
        for (name, process) in running {
            let text = format!("{name} runs, but no service wants it; stopping it");
            say(&up, FromHands::Log { text });
            let mark = (environment::MARK, place.mark(&name));
            let leader = crate::leader::Leader::adopt(process.pid, process.fd, mark)?;
            tasks.spawn(leader.stop(GRACE));
        }
        // Only now: each instance is told where all the others are.
        let mut handles = BTreeMap::new();
        for (name, supervisor) in supervisors {
            let (asks, asked) = mpsc::channel(ASKS);
            let view = supervisor.view();
            tasks.spawn(supervisor.supervise(asked));
            handles.insert(name, Handle { asks, view });
        }
        Ok(Local { services: handles, _tasks: tasks })
    }

    /// Waits, for a moment, until every wanted instance was seen to be ready: an instance that was adopted and not asked
    /// yet must not look like an outage.
    pub async fn settle(&self) {
        let ready = async {
            for service in self.services.values() {
                let mut view = service.view.clone();
                // An error means that its supervisor has stopped: there is nothing to wait for.
                let _ = view.wait_for(|view| view.status().ready == view.count).await;
            }
        };
        // Late is no failure: then it is told as it is.
        let _ = tokio::time::timeout(SETTLE_MAX, ready).await;
    }

    pub fn status(&self) -> Vec<PlatformStatus> {
        self.services.values().map(|service| service.view.borrow().status()).collect()
    }

    /// Stops every instance, and returns when the last is gone.
    pub async fn stop(&self) {
        for service in self.services.values() {
            // An error means that its supervisor has stopped already.
            let _ = service.asks.send(Ask::Stop).await;
        }
        for service in self.services.values() {
            service.asks.closed().await;
        }
    }
}

async fn lock(file: &Path) -> io::Result<File> {
    let lock = File::create(file)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(io::Error::other(format!(
                    "{} is held by another Andon; stop that one, or give this one another data directory",
                    file.display()
                )));
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A service as it can be run: with its secrets, a name that is a file name, and a program.
fn checked(mut service: LocalService, secrets: &Secrets) -> io::Result<LocalService> {
    let name = &service.name;
    let told = |why: &str| io::Error::other(format!("service {name:?}: {why}"));
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
        return Err(told("its name must be a file name"));
    }
    if service.argv.is_empty() {
        return Err(told("argv is empty; its first word is the program"));
    }
    service.env = secrets.resolve_all(&service.env, &mut Used::default()).map_err(|why| told(&why))?;
    Ok(service)
}

/// Takes the instances of this service out of what runs.
fn take(service: &LocalService, running: &mut BTreeMap<String, proc::Marked>) -> BTreeMap<u32, Adopted> {
    let mine = running.extract_if(.., |name, _| adopt::number(&service.name, name).is_some());
    mine.filter_map(|(name, process)| {
        let n = adopt::number(&service.name, &name)?;
        let mark = process.environment[environment::MARK].clone();
        let adopted = adopt::adopt(service, process);
        if adopted.is_none() {
            // It does not even know its port: nothing of ours, whatever it says.
            proc::kill_marked(environment::MARK, &mark);
        }
        Some((n, adopted?))
    })
    .collect()
}
