//! A scenario played: the same loop as in production, driven in simulated time against a world that reacts.

mod effects;
mod faults;
mod life;
mod turn;
mod world;

use faults::Faults;
pub use life::replay;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use andon_cycle::{Observer, State};
use andon_definitions::scenario::{Scenario, Start};
use andon_definitions::{Catalog, SourceFile};
use andon_journal::{Journal, MemoryJournal, Term};
use andon_vocabulary::{
    CatalogTexts, Delivery, Event, Input, IntentId, Name, Notify, Order, Outcome, SourceSeen, Started,
    Timestamp,
};

use crate::agenda::Agenda;
use crate::people::Cause;
use crate::platform::Platform;
use crate::seed::Seed;
use crate::series::SeriesWorld;

/// Between two attempts to serve a timer that is overdue.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// A scenario that has not settled after so many turns never will.
const TURNS_MAX: u64 = 2_000_000;

/// One thing seen during the play.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub at: Timestamp,
    /// The same moment by Andon's own clock.
    pub by_andon: Timestamp,
    pub what: SeenWhat,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SeenWhat {
    Event(Event),
    /// An order left for the hands.
    Sent(Order),
    /// A message left for a provider.
    Tried(Delivery),
    /// A message of a group of alerts left for a receiver.
    Notified(IntentId, Notify),
    Crashed,
    Back,
    /// There is room on the disk again.
    DiskFreed,
}

/// When Andon dies by itself: the swarm's part, beside the crashes that a scenario scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrashPlan {
    /// Before or after the commit of this many-th append.
    pub at_append: u64,
    pub committed: bool,
    pub back_after: Duration,
}

/// What receivers of an `alertmanager.yml` do wrong: the swarm's part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receivers {
    /// How likely one is not reached.
    pub lost: f64,
    /// Answers take up to so much longer.
    pub late_ms: u64,
    /// None answers.
    pub down: Option<Range<Timestamp>>,
}

/// A fault put into the driver on purpose, to see that a checker catches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    #[default]
    None,
    /// Effects leave before their record is durable.
    EffectBeforeCommit,
    /// What was sent already is forgotten.
    ForgetWhatWasSent,
    /// An acknowledged record is gone after a restart.
    LoseTheTail,
    /// Nobody looks at the clock before sending.
    SendLate,
    /// A page that leaves arrives nowhere, and nobody says so.
    SwallowPages,
    /// After a restart nobody knows any more what receivers were told.
    ForgetWhatWasTold,
    /// After a restart nobody knows any more what is suppressed.
    ForgetSuppression,
    /// After a restart nobody knows any more who acknowledged what.
    ForgetAcknowledgements,
    /// A page is owed once more beside itself.
    PageTwice,
    /// What was dropped leaves nevertheless, a minute later.
    SendWhatWasDropped,
    /// Nothing is done because its time has come.
    SleepThroughTimers,
}

enum Happening {
    Sample,
    World(usize, Cause),
    Outcome {
        life: u64,
        intent: IntentId,
        attempt: u32,
        outcome: Outcome,
    },
    /// Andon goes on after a stall between the commit and the dispatch.
    Dispatch {
        life: u64,
        order: Order,
        attempt: u32,
    },
    /// The platform finishes what it was asked; Andon may or may not be there to hear it.
    Carried {
        life: u64,
        order: Order,
        attempt: u32,
    },
    Platform(andon_vocabulary::PlatformStatus),
    Heal(Name),
    /// What nobody waits for any more leaves nevertheless: a sabotage.
    Leaves(Delivery),
    Back,
}

pub struct Play<'a> {
    scenario: &'a Scenario,
    catalog: &'a Catalog,
    pub state: State,
    observer: Observer,
    pub journal: MemoryJournal,
    term: Term,
    agenda: Agenda<Happening>,
    world: SeriesWorld,
    platform: Platform,
    pub now: Timestamp,
    /// How far Andon's clock is off.
    skew_ms: i64,
    /// When this Andon began to remember samples.
    remembers_since: Timestamp,
    /// Counts Andon's lives: an answer to an earlier one is heard by nobody.
    life: u64,
    down: bool,
    disk_full: bool,
    dispatched: BTreeSet<(IntentId, u32, &'static str)>,
    deliveries: BTreeMap<IntentId, Delivery>,
    faults: Faults,
    crashed_once: BTreeSet<usize>,
    seed: Seed,
    pub crashes: Vec<CrashPlan>,
    /// How likely an outcome is heard twice.
    pub duplicates: f64,
    /// How likely Andon stalls, for up to half a minute, between an order's commit and its dispatch.
    pub stalls: f64,
    pub receivers: Receivers,
    pub sabotage: Sabotage,
    appends: u64,
    turns: u64,
    pub seen: Vec<Seen>,
    /// What the scenario does not say and would have to: it fails by that.
    pub unscripted: Vec<String>,
}

impl<'a> Play<'a> {
    pub fn new(scenario: &'a Scenario, catalog: &'a Catalog, files: &[SourceFile], seed: u64) -> Play<'a> {
        let start = scenario.at.timestamp().expect("checked at load");
        let mut journal = MemoryJournal::new();
        let term = journal.acquire("rehearsal").expect("a new journal has no other writer");
        let state = State::default();
        let mut play = Play {
            scenario,
            catalog,
            observer: Observer::new(&state, start),
            state,
            journal,
            term,
            agenda: Agenda::default(),
            world: SeriesWorld::new(*scenario.every),
            platform: Platform::of(catalog),
            now: start,
            skew_ms: 0,
            // A rehearsal begins in the middle of a quiet life, not with a start.
            remembers_since: start - Duration::from_secs(24 * 3600),
            life: 0,
            down: false,
            disk_full: false,
            dispatched: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            faults: Faults::default(),
            crashed_once: BTreeSet::new(),
            seed: Seed::new(seed),
            crashes: Vec::new(),
            duplicates: 0.0,
            stalls: 0.0,
            receivers: Receivers::default(),
            sabotage: Sabotage::None,
            appends: 0,
            turns: 0,
            seen: Vec::new(),
            unscripted: Vec::new(),
        };
        play.begin(files);
        play
    }

    fn begin(&mut self, files: &[SourceFile]) {
        let texts = CatalogTexts {
            hash: self.catalog.hash.clone(),
            files: files.iter().map(|file| (file.path.clone(), file.text.clone())).collect(),
        };
        self.turn(Input::Started(Started {
            term: self.term.0,
            version: "rehearsal".to_owned(),
            moved: false,
            address: None,
        }));
        self.turn(Input::Catalog(texts));
        for status in self.platform.services.clone().into_values() {
            self.turn(Input::Platform(status));
        }
        for (index, entry) in self.scenario.world.iter().enumerate() {
            if let Start::At(offset) = entry.start() {
                self.agenda.put(self.now + *offset, Happening::World(index, Cause::default()));
            }
        }
        self.agenda.put(self.now, Happening::Sample);
    }

    /// Plays until `end`.
    pub fn until(&mut self, end: Timestamp) {
        while let Some(next) = self.next_at().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            while let Some(happening) = self.agenda.pop_due(self.now) {
                self.happen(happening);
            }
            if !self.down {
                let now = self.andon_now();
                if self.observer.next(&self.state).is_some_and(|at| at <= now) {
                    self.observe(&BTreeSet::new());
                }
                let sleeps = self.sabotage == Sabotage::SleepThroughTimers;
                if !sleeps && self.state.next_deadline(now).is_some_and(|at| at <= now) {
                    self.turn(Input::Tick);
                }
                self.dispatch();
            }
            self.turns += 1;
            assert!(self.turns < TURNS_MAX, "the rehearsal of {} does not settle", self.scenario.name);
        }
        self.now = end;
    }

    fn next_at(&self) -> Option<Timestamp> {
        let now = self.andon_now();
        let timers = (!self.down).then(|| {
            let due = [self.state.next_deadline(now), self.observer.next(&self.state)];
            // A timer of Andon's clock, in the world's time. One that is overdue could not be served, say because the
            // disk is full: it is tried again after a pause, as live does.
            due.into_iter().flatten().min().map(|at| {
                let world = Timestamp::from_ms(at.as_ms() - self.skew_ms);
                if world > self.now { world } else { self.now + RETRY_PAUSE }
            })
        });
        self.agenda.next_at().into_iter().chain(timers.flatten()).min()
    }

    /// What Andon's clock shows.
    fn andon_now(&self) -> Timestamp {
        Timestamp::from_ms(self.now.as_ms() + self.skew_ms).max(self.state.at)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Sample => {
                self.agenda.put(self.now + *self.scenario.every, Happening::Sample);
                if !self.down {
                    let catalog = self.catalog;
                    let now = self.andon_now();
                    let changed =
                        self.world.sample(self.now, now, |labels| catalog.service_of(labels).map(Name::from));
                    self.observe(&changed);
                }
            }
            Happening::World(index, cause) => self.act(index, cause),
            Happening::Outcome { life, intent, attempt, outcome } if life == self.life && !self.down => {
                self.turn(Input::Outcome { intent, attempt, outcome });
            }
            Happening::Outcome { .. } => {}
            Happening::Dispatch { life, order, attempt } if life == self.life && !self.down => {
                self.send(order, attempt);
            }
            Happening::Dispatch { .. } => {}
            Happening::Carried { life, order, attempt } => self.carried(life, &order, attempt),
            Happening::Platform(status) if !self.down => {
                self.turn(Input::Platform(status));
            }
            Happening::Platform(_) => {}
            Happening::Heal(service) => {
                self.world.heal(&service);
                if !self.down {
                    self.turn(Input::Source(SourceSeen { target: service, silent: None }));
                }
            }
            Happening::Leaves(delivery) => self.see(SeenWhat::Tried(delivery)),
            Happening::Back => self.come_back(),
        }
    }

    fn see(&mut self, what: SeenWhat) {
        let by_andon = self.andon_now();
        self.seen.push(Seen { at: self.now, by_andon, what });
    }

    /// Channels deliver, the disk has room, Andon is up: what is still wrong afterwards is Andon's doing.
    pub fn make_well(&mut self) {
        self.faults = Faults::default();
        self.receivers = Receivers::default();
        self.disk_full = false;
        self.see(SeenWhat::DiskFreed);
        self.crashes.clear();
    }

    /// How often Andon died.
    pub fn life_count(&self) -> usize {
        self.seen.iter().filter(|seen| seen.what == SeenWhat::Crashed).count()
    }

    /// When the last script of the world ends.
    pub fn script_ends(&self) -> Timestamp {
        self.world.ends().unwrap_or(self.now).max(self.now)
    }
}
