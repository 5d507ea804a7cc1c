//! The supervisor of one service: holds what is desired, hears what its instances do, and brings the two together.
//!
//! An order changes what is desired, durably, and nothing else; the way there is the same after an order, after a
//! crash and after a start.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::{FromHands, LocalService, Name};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::addresses::Addresses;
use super::adopt::Adopted;
use super::desired::{Change, Desired, Target};
use super::environment::Place;
use super::instance::{Keeper, Report};
use super::logs;
use super::roll;
use super::view::{Seen, Spot, View};
use crate::serve::{Up, say};

/// Logs grow slowly enough for this.
const LOGS_EVERY: Duration = Duration::from_secs(30);

pub enum Ask {
    /// Answered once the change is durable, or with why it was not made. The same key again changes nothing.
    Change { key: String, change: Change, answer: oneshot::Sender<Result<Made, NotMade>> },
    /// Remember what an order did that does not change what is desired.
    Remember { key: String, did: String },
    /// What the order with this key did, if it is known.
    Did { key: String, answer: oneshot::Sender<Option<String>> },
    /// The last ask: stop every instance. They stay desired, and run again when Andon does.
    Stop,
}

/// A change that is durable.
pub enum Made {
    Now,
    /// By an earlier order with the same key.
    Before,
}

/// Why a change is not.
pub enum NotMade {
    Refused(String),
    /// Neither the change nor its withdrawal could be written.
    Unknown(String),
}

pub struct Supervisor {
    service: Arc<LocalService>,
    place: Arc<Place>,
    up: Up,
    desired: Desired,
    instances: BTreeMap<u32, Instance>,
    keepers: JoinSet<()>,
    reporter: mpsc::UnboundedSender<Report>,
    reports: mpsc::UnboundedReceiver<Report>,
    addresses: Addresses,
    view: watch::Sender<View>,
}

struct Instance {
    name: Name,
    port: u16,
    want: watch::Sender<Option<Target>>,
    seen: Seen,
}

impl Supervisor {
    pub fn new(
        service: Arc<LocalService>,
        place: Arc<Place>,
        up: Up,
        desired: Desired,
        adopted: BTreeMap<u32, Adopted>,
    ) -> io::Result<Supervisor> {
        let (reporter, reports) = mpsc::unbounded_channel();
        let view = watch::Sender::new(View {
            service: service.name.clone(),
            version: desired.version.clone(),
            previous: desired.previous.clone(),
            count: desired.count,
            instances: Vec::new(),
        });
        let addresses = Addresses::new(place.addresses_file(&service.name));
        let mut supervisor = Supervisor {
            service,
            place,
            up,
            desired,
            instances: BTreeMap::new(),
            keepers: JoinSet::new(),
            reporter,
            reports,
            addresses,
            view,
        };
        for (n, adopted) in adopted {
            supervisor.desired.ports.insert(n, adopted.port);
            supervisor.add(n, adopted.port, Some(adopted));
        }
        supervisor.claim_ports()?;
        supervisor.save()?;
        supervisor.show();
        Ok(supervisor)
    }

    pub fn view(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    /// Until it is asked to stop, or nobody can ask any more.
    pub async fn supervise(mut self, mut asks: mpsc::Receiver<Ask>) {
        let mut logs = tokio::time::interval(LOGS_EVERY);
        loop {
            self.roll();
            tokio::select! {
                ask = asks.recv() => match ask {
                    Some(Ask::Stop) => return self.stop().await,
                    Some(Ask::Change { key, change, answer }) => {
                        let made = self.change(&key, &change);
                        // Before the answer: who hears it looks at the view next.
                        self.show();
                        // Who asked may have stopped waiting: an answer that nobody hears is no error.
                        let _ = answer.send(made);
                    }
                    Some(Ask::Remember { key, did }) => {
                        self.desired.remember(&key, did);
                        self.save_or_say();
                    }
                    Some(Ask::Did { key, answer }) => {
                        let _ = answer.send(self.desired.did(&key).map(str::to_owned));
                    }
                    None => return,
                },
                Some(report) = self.reports.recv() => self.hear(report),
                _ = logs.tick() => self.turn_logs(),
            }
            self.show();
        }
    }

    /// Nothing is wanted any more, and nobody will want anything again: so the keepers stop what they keep, and end.
    async fn stop(mut self) {
        for instance in std::mem::take(&mut self.instances).into_values() {
            instance.want.send_replace(None);
        }
        while self.keepers.join_next().await.is_some() {}
        self.show();
    }

    fn change(&mut self, key: &str, change: &Change) -> Result<Made, NotMade> {
        if self.desired.did(key).is_some() {
            return Ok(Made::Before);
        }
        let before = self.desired.clone();
        let did = self.desired.change(change).map_err(NotMade::Refused)?;
        self.desired.remember(key, did);
        let Err(error) = self.claim_ports().and_then(|()| self.save()) else {
            return Ok(Made::Now);
        };
        // A write that failed may still have replaced the file: only the old one, written again, is certain.
        self.desired = before;
        Err(match self.save() {
            Ok(()) => {
                NotMade::Refused(format!("nothing was changed, since that could not be written: {error}"))
            }
            Err(_) => NotMade::Unknown(format!("what is desired cannot be written: {error}")),
        })
    }

    /// Gives every wanted instance a port, and tells the others.
    fn claim_ports(&mut self) -> io::Result<()> {
        for n in 1..=self.desired.count {
            if !self.desired.ports.contains_key(&n) {
                let claimed = self.place.ports.claim(&self.service.name, n);
                self.desired.ports.insert(n, claimed.ok_or_else(|| io::Error::other("no port is free"))?);
            }
        }
        self.tell_ports();
        Ok(())
    }

    fn tell_ports(&self) {
        self.place.ports.set(&self.service.name, self.desired.ports.clone(), self.desired.count);
    }

    fn save(&self) -> io::Result<()> {
        self.desired.save(&self.place.state_file(&self.service.name))
    }

    /// For what can be found out again.
    fn save_or_say(&self) {
        if let Err(error) = self.save() {
            self.log(format!("its state cannot be written: {error}"));
        }
    }

    /// Has every instance whose turn it is turn to what is wanted of it.
    fn roll(&mut self) {
        for n in roll::next(&self.look()) {
            let want = (n <= self.desired.count).then(|| self.desired.target(n));
            if !self.instances.contains_key(&n) {
                self.add(n, self.desired.ports[&n], None);
            }
            let instance = &self.instances[&n];
            if *instance.want.borrow() != want {
                instance.want.send_replace(want);
            }
        }
    }

    fn add(&mut self, n: u32, port: u16, adopted: Option<Adopted>) {
        let name: Name = format!("{}-{n}", self.service.name).into();
        let (target, leader) = match adopted {
            Some(Adopted { target, leader, .. }) => (Some(target), Some(leader)),
            None => (None, None),
        };
        let seen = Seen {
            target: target.clone(),
            pid: leader.as_ref().map(|leader| leader.id()),
            ..Seen::nothing()
        };
        let (want, wanted) = watch::channel(target);
        self.keepers.spawn(
            Keeper {
                n,
                name: name.clone(),
                service: self.service.clone(),
                place: self.place.clone(),
                port,
                want: wanted,
                reports: self.reporter.clone(),
                up: self.up.clone(),
                seen: seen.clone(),
                leader,
            }
            .keep(),
        );
        self.instances.insert(n, Instance { name, port, want, seen });
    }

    fn hear(&mut self, report: Report) {
        let instance = self.instances.get_mut(&report.n).expect("only those that were added report");
        instance.seen = report.seen;
        if instance.port != report.port {
            instance.port = report.port;
            self.desired.ports.insert(report.n, report.port);
            self.tell_ports();
            self.save_or_say();
        }
    }

    fn look(&self) -> View {
        let spot = |(n, instance): (&u32, &Instance)| {
            let want = self.desired.target(*n);
            // What it was last told and what it was last seen as: between the two it is on its way.
            let told = instance.want.borrow().clone();
            Spot {
                n: *n,
                name: instance.name.clone(),
                port: instance.port,
                current: told.as_ref() == Some(&want),
                seen: if told == instance.seen.target {
                    instance.seen.clone()
                } else {
                    Seen {
                        target: told,
                        ready: false,
                        settled: false,
                        crashes: 0,
                        began: Instant::now(),
                        ..instance.seen.clone()
                    }
                },
            }
        };
        View {
            service: self.service.name.clone(),
            version: self.desired.version.clone(),
            previous: self.desired.previous.clone(),
            count: self.desired.count,
            instances: self
                .instances
                .iter()
                .map(spot)
                .filter(|spot| spot.n <= self.desired.count || spot.seen.pid.is_some())
                .collect(),
        }
    }

    /// Publishes the view, first to those that call the service, and tells Andon if that is something new.
    fn show(&mut self) {
        let view = self.look();
        if let Err(error) = self.addresses.follow(&view) {
            self.log(format!("its addresses cannot be written: {error}"));
        }
        let status = view.status();
        if self.view.send_replace(view).status() != status {
            say(&self.up, FromHands::Platform(status));
        }
    }

    fn turn_logs(&self) {
        for instance in self.instances.values() {
            if let Err(error) = logs::turn(&self.place.log_file(&instance.name)) {
                self.log(format!("the log of {} cannot be turned: {error}", instance.name));
            }
        }
    }

    fn log(&self, text: String) {
        let text = format!("{}: {text}", self.service.name);
        say(&self.up, FromHands::Log { text });
    }
}
