//! What the world of a scenario does: by itself, and when Andon has done something.

use std::time::Duration;

use andon_definitions::Catalog;
use andon_definitions::alertmanager::AlertMatcher;
use andon_definitions::instance::Calendar;
use andon_definitions::scenario::{Disk, Incumbent, Reply, Sent, Start, What, When};
use andon_vocabulary::{
    Command, Event, IncumbentCase, IncumbentDeed, IncumbentDid, IncumbentParty, IncumbentSaid, Input, Labels,
    Name, Received, ReceivedAlert, RespondEvent, Silence, SilenceId, SourceSeen, Timestamp, Told, Via, Who,
};

use super::{Happening, Play, SeenWhat};
use crate::people::{self, Cause, Deed};

impl Play<'_> {
    /// One entry of the world takes place.
    pub(super) fn act(&mut self, index: usize, mut cause: Cause) {
        let entry = &self.scenario.world[index];
        match &entry.what {
            What::Series(series) => {
                // Both were checked when the definitions were loaded.
                let (labels, _) = andon_promql::script::series(&series.series).expect("checked at load");
                let values = andon_promql::script::values(&series.values).expect("checked at load");
                self.world.script(labels, values, self.now);
                if matches!(entry.start(), Start::When(..)) && !self.down {
                    let catalog = self.catalog;
                    let now = self.andon_now();
                    let changed =
                        self.world.sample(self.now, now, |labels| catalog.service_of(labels).map(Name::from));
                    self.observe(&changed);
                }
            }
            What::Deploy(deployed) => {
                let status = self.platform.deploy(&deployed.deploy.service, &deployed.deploy.version);
                let (service, version) = (status.service.clone(), status.version.clone());
                let note = "deployed by the scenario".to_owned();
                self.tell("scenario", Command::RecordChange { service, version, note });
                self.happen(Happening::Platform(status));
            }
            What::Does(deed) => {
                self.complete(&mut cause);
                let key = format!("scenario/{index}/{}", self.turns);
                if let Some(told) = people::says(deed.does, &cause, key).filter(|_| !self.down) {
                    self.turn(Input::Told(told));
                }
            }
            What::Crash(crashed) => {
                if self.crashed_once.insert(index) {
                    self.crash(*crashed.crash.back_after);
                }
            }
            What::Partition(cut) => {
                for service in &cut.partition.targets {
                    let target = Name::from(service.as_str());
                    let until = self.now + *cut.partition.lasts;
                    self.world.partition(target.clone(), self.now);
                    self.agenda.put(until, Happening::Heal(target.clone()));
                    if !self.down {
                        let silent = Some("it does not answer".to_owned());
                        self.turn(Input::Source(SourceSeen { target, silent }));
                    }
                }
            }
            What::Delivery(channel) => {
                self.faults.set(&channel.delivery, self.now);
            }
            What::Clock(set) => self.skew_ms += set.clock.jump_ms(),
            What::Disk(set) => {
                self.disk_full = set.disk == Disk::Full;
                if !self.disk_full {
                    self.see(SeenWhat::DiskFreed);
                }
            }
            What::Receive(sent) => {
                if !self.down {
                    let now = self.andon_now();
                    let received = received(&sent.receive, now, self.catalog);
                    self.turn(Input::Received(received));
                }
            }
            What::Silence(set) => {
                let starts_at = self.andon_now();
                // Checked when the definitions were loaded.
                let matchers = AlertMatcher::list(&set.silence.matchers).expect("checked at load");
                let silence = Silence {
                    weekly: set.silence.weekly.as_ref().map(Calendar::weekly),
                    owner: set.silence.owner.as_deref().map(Name::from),
                    lift_on_severity: true,
                    ..Silence::new(
                        SilenceId(index as u128 + 1),
                        matchers.iter().map(AlertMatcher::plain).collect(),
                        starts_at,
                        starts_at + *set.silence.lasts,
                        "scenario".to_owned(),
                        "as the scenario says".to_owned(),
                    )
                };
                self.tell("scenario", Command::Silence { silence: silence.into(), replaces: None });
            }
            What::Incumbent(acts) => {
                if !self.down {
                    let said = incumbent(&acts.incumbent, index, self.andon_now());
                    self.turn(Input::Incumbent(said));
                }
            }
            // A reply is looked up when a step or a lookup asks for one.
            What::Reply(_) => {}
        }
    }

    /// A person who was asked knows which step and which preview: the last that this run asked about.
    pub(super) fn complete(&self, cause: &mut Cause) {
        let Some(run) = cause.run else { return };
        let asked = self.seen.iter().rev().find_map(|seen| match &seen.what {
            SeenWhat::Event(Event::Respond(RespondEvent::ApprovalAsked {
                run: of, step, preview, ..
            })) if *of == run => Some((step.clone(), Some(preview.hash()))),
            SeenWhat::Event(Event::Respond(RespondEvent::PersonAsked { run: of, step, .. }))
                if *of == run =>
            {
                Some((step.clone(), None))
            }
            _ => None,
        });
        if let Some((step, preview)) = asked {
            cause.step = cause.step.take().or(Some(step));
            cause.preview = preview;
        }
    }

    pub(super) fn tell(&mut self, person: &str, command: Command) {
        if self.down {
            return;
        }
        let key = format!("scenario/{}/{}", self.turns, self.seen.len());
        let who = Who::new(person, Via::Scenario);
        self.turn(Input::Told(Told { who, key, command }));
    }

    pub(super) fn reply_to(&self, is: impl Fn(&When) -> bool) -> Option<Reply> {
        self.scenario.world.iter().find_map(|entry| match (&entry.what, entry.start()) {
            (What::Reply(replied), Start::When(when, _)) if is(when) => Some(replied.reply.clone()),
            _ => None,
        })
    }

    /// Every entry that waits for this deed begins.
    pub(super) fn react(&mut self, deed: &Deed) {
        for (index, entry) in self.scenario.world.iter().enumerate() {
            let Start::When(when, after) = entry.start() else { continue };
            let Some(cause) = people::begins(when, deed) else { continue };
            if matches!(entry.what, What::Crash(_)) && *after == Duration::ZERO {
                self.act(index, cause);
            } else {
                self.agenda.put(self.now + *after, Happening::World(index, cause));
            }
        }
    }
}

/// One alert, as a stock sender writes it.
fn received(sent: &Sent, now: Timestamp, catalog: &Catalog) -> Received {
    let lasts = sent.lasts.map_or_else(|| andon_monitor::resolve_timeout(catalog), |lasts| *lasts);
    let alert = ReceivedAlert {
        labels: Labels::new(&sent.labels),
        annotations: Labels::new(&sent.annotations),
        starts_at: now,
        ends_at: if sent.ended { now } else { now + lasts },
        open_ended: sent.lasts.is_none(),
        generator: "".into(),
    };
    Received { source: "scenario".into(), alerts: vec![alert], heard: Vec::new(), payload: None, by: None }
}

/// What an incumbent says that it did, this moment.
fn incumbent(acts: &Incumbent, entry: usize, now: Timestamp) -> IncumbentSaid {
    let party = |name: &String| IncumbentParty { name: name.clone(), id: None, address: None };
    let case = IncumbentCase {
        id: acts.about.clone(),
        title: acts.about.clone(),
        key: acts.key.clone(),
        labels: Labels::new(&acts.labels),
        service: None,
        link: None,
    };
    let paged = (!acts.pages.is_empty())
        .then(|| IncumbentDid::Paged { whom: acts.pages.iter().map(party).collect() });
    let acknowledged =
        acts.acknowledged_by.as_ref().map(|by| IncumbentDid::Acknowledged { by: Some(party(by)) });
    let deeds = paged.into_iter().chain(acknowledged).enumerate().map(|(place, did)| IncumbentDeed {
        id: format!("{entry}/{}/{place}", now.as_ms()),
        at: now,
        case: case.clone(),
        did,
    });
    IncumbentSaid { source: "scenario".into(), deeds: deeds.collect(), payload: None, by: None }
}
